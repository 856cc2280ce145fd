#include "server/rollback_watch.h"

#include <cstdio>

namespace skiff {
namespace {

/// How many samples a window has at most.
constexpr int kSamples = 64;
/// After how many windows it is over.
constexpr int kWindows = 10;

std::string percent(double rate) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f%%", rate * 100);
  return text;
}

}  // namespace

std::optional<std::string> RollbackWatch::look(Clock::time_point now, const FailureCount& fresh,
                                               const FailureCount& old) {
  if (!since_) {
    since_ = now;
    first_ = fresh;
  }
  latest_ = fresh;
  if (samples_.empty() || now - samples_.back().time >= rule_.window / kSamples) {
    samples_.push_back({now, fresh, old});
  }
  // The last sample that is a window old, or older, is where the window begins.
  while (samples_.size() > 2 && now - samples_[1].time >= rule_.window) samples_.pop_front();
  const FailureCount newOnes = fresh - samples_.front().fresh;
  if (newOnes.requests < rule_.minRequests) return std::nullopt;
  FailureCount oldOnes = old - samples_.front().old;
  if (oldOnes.requests < rule_.minRequests) oldOnes += baseline_;
  if (newOnes.rate() <= oldOnes.rate() + rule_.margin) return std::nullopt;
  return "of " + std::to_string(newOnes.requests) + " requests to the new version " +
         percent(newOnes.rate()) + " failed, of " + std::to_string(oldOnes.requests) +
         " to the old one " + percent(oldOnes.rate()) + ", which is more than the margin of " +
         percent(rule_.margin) + " apart";
}

bool RollbackWatch::isOver(Clock::time_point now) const {
  return since_ && now - *since_ >= kWindows * rule_.window &&
         (latest_ - first_).requests >= rule_.minRequests;
}

}  // namespace skiff
