#include "quota/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace skiff {
namespace {

/// Weight 172 beside the usual 1024: 14% of a processor that is wanted by both.
constexpr int kOverrunNice = 8;
/// Weight 335: a quarter of it.
constexpr int kAheadNice = 5;
constexpr int kLeastNice = 19;
/// The kernel lets a thread that wakes up interrupt another one at once only if its slice is the
/// shorter one; else it may have to wait for the next tick of the clock, 4 ms. (The kernel's least
/// is 0.1 ms.)
constexpr std::uint64_t kShortSlice = 100'000;
constexpr std::uint64_t kMediumSlice = 5'000'000;
constexpr std::uint64_t kLongSlice = 10'000'000;

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

/// Of the calling thread; `nicer`: added to what it has.
void setSlice(std::uint64_t nanoseconds, int nicer = 0) {
  SchedulingAttributes attributes;
  attributes.nice = std::min(kLeastNice, ::getpriority(PRIO_PROCESS, 0) + nicer);
  attributes.runtime = nanoseconds;
  ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace

std::size_t usableProcessors() {
  cpu_set_t processors;
  if (::sched_getaffinity(0, sizeof processors, &processors) != 0) return 1;
  return std::max(1, CPU_COUNT(&processors));
}

void lowerPriority(pid_t thread) {
  SchedulingAttributes attributes;
  attributes.nice = kOverrunNice;
  attributes.runtime = kLongSlice;
  if (::syscall(SYS_sched_setattr, thread, &attributes, 0) == 0) return;
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(thread), kOverrunNice);
}

void goFirst() {
  const sched_param priority{.sched_priority = 1};
  if (::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority) != 0) {
    preferShortSlices();
  }
}

void preferShortSlices() {
  setSlice(kShortSlice);
}

void letBeInterrupted(Background background) {
  if (background == Background::ahead) {
    setSlice(kLongSlice, kAheadNice);
  } else {
    setSlice(kMediumSlice);
  }
}

}  // namespace skiff
