#include "server/prewarm_bounds.h"

#include <utility>

namespace skiff {

PrewarmBounds::Place::Place(PrewarmBounds& bounds) : bounds_(bounds) {
  ++bounds_.loading_;
  ++bounds_.unused_;
}

PrewarmBounds::Place::~Place() {
  endLoading();
  --bounds_.unused_;
}

void PrewarmBounds::Place::endLoading() {
  if (std::exchange(loading_, false)) --bounds_.loading_;
}

std::unique_ptr<PrewarmBounds::Place> PrewarmBounds::enter(Time now) {
  const bool isFull = loading_ >= kMostLoading || unused_ >= kMostUnused;
  if (isFull || !begun_.tryTake(1, kRate, now)) return nullptr;
  return std::make_unique<Place>(*this);
}

}  // namespace skiff
