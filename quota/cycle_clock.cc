#include "quota/cycle_clock.h"

#include <ctime>
#include <thread>

namespace skiff {
namespace {

double nanosecondsPerCycle() {
#if defined(__aarch64__)
  std::uint64_t frequency;
  asm volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
  return 1e9 / static_cast<double>(frequency);
#else
  using Clock = std::chrono::steady_clock;
  const auto startTime = Clock::now();
  const std::uint64_t startCycles = readCycles();
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::uint64_t cycles = readCycles() - startCycles;
  const std::chrono::duration<double, std::nano> elapsed = Clock::now() - startTime;
  return elapsed.count() / static_cast<double>(cycles);
#endif
}

}  // namespace

std::chrono::nanoseconds cyclesToTime(std::uint64_t cycles) {
  static const double kNanosecondsPerCycle = nanosecondsPerCycle();
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(cycles) * kNanosecondsPerCycle));
}

std::chrono::nanoseconds threadCpuTime() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace skiff
