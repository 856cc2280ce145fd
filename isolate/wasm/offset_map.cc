#include "isolate/wasm/offset_map.h"

#include <algorithm>
#include <cassert>

namespace skiff::wasm {

std::optional<std::uint32_t> OffsetMap::originalOrNext(std::uint32_t rewritten) const {
  if (const auto exact = original(rewritten)) return exact;
  const auto next = std::upper_bound(
      stretches_.begin(), stretches_.end(), rewritten,
      [](std::uint32_t offset, const Stretch& stretch) { return offset < stretch.rewritten; });
  if (next == stretches_.end() || next == stretches_.begin() || next->original == kNone) {
    return std::nullopt;
  }
  return next->original;
}

std::optional<std::uint32_t> OffsetMap::original(std::uint32_t rewritten) const {
  const auto after = std::upper_bound(
      stretches_.begin(), stretches_.end(), rewritten,
      [](std::uint32_t offset, const Stretch& stretch) { return offset < stretch.rewritten; });
  if (after == stretches_.begin()) return std::nullopt;
  const Stretch& stretch = *std::prev(after);
  if (stretch.original == kNone) return std::nullopt;
  return stretch.original + (rewritten - stretch.rewritten);
}

void OffsetMap::add(const OffsetMap& other, std::uint32_t begin) {
  stretches_.reserve(stretches_.size() + other.stretches_.size());
  for (const Stretch& stretch : other.stretches_) {
    append(begin + stretch.rewritten, stretch.original);
  }
}

void OffsetMap::append(std::uint32_t rewritten, std::uint32_t original) {
  assert(stretches_.empty() || rewritten >= stretches_.back().rewritten);
  // An empty stretch says nothing.
  if (!stretches_.empty() && stretches_.back().rewritten == rewritten) stretches_.pop_back();
  if (!stretches_.empty()) {
    const Stretch& last = stretches_.back();
    const bool goesOn = last.original == kNone || original == kNone
                            ? last.original == original
                            : original - last.original == rewritten - last.rewritten;
    if (goesOn) return;
  }
  stretches_.push_back({rewritten, original});
}

}  // namespace skiff::wasm
