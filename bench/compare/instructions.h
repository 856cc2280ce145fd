#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace skiff::bench {

/// Counts what a process tree executes in user space, from construction on: the threads that it has
/// then, and those that they start. perf_event_open(2); many virtual machines have no such counter.
class InstructionCounter {
 public:
  /// Nothing where the machine cannot count.
  static std::unique_ptr<InstructionCounter> start(pid_t root);
  ~InstructionCounter();
  InstructionCounter(const InstructionCounter&) = delete;
  InstructionCounter& operator=(const InstructionCounter&) = delete;

  std::uint64_t read() const;

 private:
  InstructionCounter() = default;

  std::vector<int> counters_;  ///< one for each thread
};

}  // namespace skiff::bench
