#pragma once

#include <cstddef>
#include <cstdlib>
#include <limits>

#include "isolate/files/memory_budget.h"

namespace skiff::wasi {

/// A budget that knows what is taken, and ends the program if more is given back.
class CountingBudget final : public MemoryBudget {
 public:
  explicit CountingBudget(std::size_t limit = std::numeric_limits<std::size_t>::max())
      : limit_(limit) {}

  bool take(std::size_t bytes) override {
    if (bytes > limit_ - taken_) return false;
    taken_ += bytes;
    return true;
  }
  void giveBack(std::size_t bytes) override {
    if (bytes > taken_) std::abort();
    taken_ -= bytes;
  }
  std::size_t taken() const { return taken_; }
  /// REQUIRES: not less than is taken.
  void setLimit(std::size_t limit) { limit_ = limit; }

 private:
  std::size_t limit_;
  std::size_t taken_ = 0;
};

}  // namespace skiff::wasi
