#pragma once

#include <atomic>
#include <cstddef>

namespace skiff {

/// How many instances the process can hold: each takes address space (some 8 GB of the 128 TB that
/// a process has) and kernel mappings (vm.max_map_count), and V8 ends the process when it gets
/// none. So they are counted, and the next one is refused. Any thread.
class InstanceBudget {
 public:
  /// The bound that this machine's settings give.
  InstanceBudget();
  explicit InstanceBudget(std::size_t limit) : limit_(limit) {}

  bool acquire() {
    if (used_.fetch_add(1, std::memory_order_relaxed) < limit_) return true;
    used_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void release(std::size_t count = 1) { used_.fetch_sub(count, std::memory_order_relaxed); }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t limit() const { return limit_; }

 private:
  std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace skiff
