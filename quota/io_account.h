#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "quota/live_limits.h"
#include "quota/token_bucket.h"

namespace skiff {

/// What a tenant or an app may read and write: `io_bytes_per_s` and `io_ops_per_s`, over its files
/// and its origin together. Charged after the fact, so it may go into debt by one transfer; who is
/// in debt waits. A sixteenth of a second's worth is saved up. Costs nothing where there is no
/// limit. Any thread.
class IoAccount {
 public:
  using Time = TokenBucket::Time;

  bool isLimited(const LiveLimits& limits) const {
    return limits.ioBytesPerSecond().bytes() != 0 || limits.ioOpsPerSecond() != 0;
  }

  void charge(std::uint64_t bytes, std::uint64_t operations, const LiveLimits& limits, Time now) {
    if (const std::uint64_t rate = limits.ioBytesPerSecond().bytes(); rate != 0 && bytes != 0) {
      bytes_.take(bytes, rateOf(rate), now);
    }
    if (const std::uint64_t rate = limits.ioOpsPerSecond(); rate != 0 && operations != 0) {
      operations_.take(operations, rateOf(rate), now);
    }
  }

  /// How long until something may be read or written again; zero: now.
  std::chrono::nanoseconds wait(const LiveLimits& limits, Time now) const {
    std::chrono::nanoseconds longest{};
    if (const std::uint64_t rate = limits.ioBytesPerSecond().bytes(); rate != 0) {
      longest = bytes_.wait(1, rateOf(rate), now);
    }
    if (const std::uint64_t rate = limits.ioOpsPerSecond(); rate != 0) {
      longest = std::max(longest, operations_.wait(1, rateOf(rate), now));
    }
    return longest;
  }

 private:
  static TokenRate rateOf(std::uint64_t perSecond) {
    constexpr std::uint64_t kSaved = 16;
    return {perSecond, std::max<std::uint64_t>(1, perSecond / kSaved)};
  }

  TokenBucket bytes_;
  TokenBucket operations_;
};

}  // namespace skiff
