#pragma once

#include <chrono>
#include <cstdint>

#include "quota/live_limits.h"
#include "quota/token_bucket.h"

namespace skiff {

/// The CPU time that a tenant or an app may use in the long run: `cpu_share` thousandths of a core,
/// of which up to `cpu_burst_ms` are saved up. Charged after the fact, so it may go into debt.
/// Costs nothing where there is no share. Any thread.
class CpuAccount {
 public:
  using Time = TokenBucket::Time;

  bool isLimited(const LiveLimits& limits) const { return limits.cpuShare() != 0; }

  void charge(std::chrono::nanoseconds cpu, const LiveLimits& limits, Time now) {
    if (!isLimited(limits) || cpu.count() <= 0) return;
    bucket_.take(static_cast<std::uint64_t>(cpu.count()), rateOf(limits), now);
  }

  /// How long until there is CPU time again; zero: there is some now.
  std::chrono::nanoseconds wait(const LiveLimits& limits, Time now) const {
    if (!isLimited(limits)) return std::chrono::nanoseconds::zero();
    return bucket_.wait(1, rateOf(limits), now);
  }

 private:
  static TokenRate rateOf(const LiveLimits& limits) {
    // A thousandth of a core is a million nanoseconds of CPU time a second.
    return {std::uint64_t{1'000'000} * std::max(1U, limits.cpuShare()),
            std::max<std::uint64_t>(1, static_cast<std::uint64_t>(
                                           std::chrono::nanoseconds(limits.cpuBurst()).count()))};
  }

  TokenBucket bucket_;
};

}  // namespace skiff
