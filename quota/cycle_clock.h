#pragma once

#include <chrono>
#include <cstdint>

namespace skiff {

/// The CPU's constant-rate cycle counter: a time stamp without a system call (some 20 cycles). Not
/// ordered against surrounding instructions; good for durations of a microsecond and more.
inline std::uint64_t readCycles() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t value;
  asm volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
#error "no cycle counter known for this processor"
#endif
}

/// Converts cycles to time. Calibrated once per process against the monotonic clock (about 10 ms);
/// calling it first at start-up keeps that off every shard.
std::chrono::nanoseconds cyclesToTime(std::uint64_t cycles);

/// CPU time that the calling thread has used: a system call.
std::chrono::nanoseconds threadCpuTime();

}  // namespace skiff
