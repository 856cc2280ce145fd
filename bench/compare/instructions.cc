#include "bench/compare/instructions.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/process_tree.h"

namespace skiff::bench {

std::unique_ptr<InstructionCounter> InstructionCounter::start(pid_t root) {
  perf_event_attr what{};
  what.size = sizeof what;
  what.type = PERF_TYPE_HARDWARE;
  what.config = PERF_COUNT_HW_INSTRUCTIONS;
  what.exclude_kernel = 1;
  what.exclude_hv = 1;
  what.inherit = 1;
  std::unique_ptr<InstructionCounter> counter(new InstructionCounter());
  for (const pid_t thread : threadsOf(processTree(root))) {
    const long descriptor =
        ::syscall(SYS_perf_event_open, &what, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (descriptor < 0) return nullptr;
    counter->counters_.push_back(static_cast<int>(descriptor));
  }
  return counter;
}

InstructionCounter::~InstructionCounter() {
  for (const int counter : counters_) ::close(counter);
}

std::uint64_t InstructionCounter::read() const {
  std::uint64_t sum = 0;
  for (const int counter : counters_) {
    std::uint64_t value = 0;
    if (::read(counter, &value, sizeof value) == sizeof value) sum += value;
  }
  return sum;
}

}  // namespace skiff::bench
