#include "quota/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace skiff {
namespace {

/// Weight 137 beside the usual 1024: 12% of a processor that is wanted by both.
constexpr int kOverrunNice = 9;
/// The kernel's least.
constexpr std::uint64_t kShortSlice = 100'000;

/// sched_setattr(2): glibc 2.36 has no wrapper.
struct SchedulingAttributes {
  std::uint32_t size = sizeof(SchedulingAttributes);
  std::uint32_t policy = SCHED_OTHER;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  ///< for SCHED_OTHER: the slice, in nanoseconds
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

}  // namespace

void lowerPriority(pid_t thread) {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), kOverrunNice);
}

void preferShortSlices() {
  SchedulingAttributes attributes;
  attributes.nice = ::getpriority(PRIO_PROCESS, 0);
  attributes.runtime = kShortSlice;
  ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace skiff
