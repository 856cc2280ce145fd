#pragma once

#include <atomic>
#include <cstdint>

namespace skiff {

/// Counts what is inside, and lets no more in than a limit that may change: exact, whichever
/// threads come and go at once. Those that are inside when the limit falls stay. Any thread.
class Gate {
 public:
  bool tryEnter(std::uint32_t limit) {
    std::uint32_t inside = inside_.load(std::memory_order_relaxed);
    do {
      if (inside >= limit) return false;
    } while (!inside_.compare_exchange_weak(inside, inside + 1, std::memory_order_relaxed));
    return true;
  }
  /// REQUIRES: entered.
  void leave() { inside_.fetch_sub(1, std::memory_order_relaxed); }
  std::uint32_t inside() const { return inside_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> inside_{0};
};

}  // namespace skiff
