#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace skiff {

/// What flows into a bucket, and how much it holds, in whatever is counted: requests, bytes,
/// nanoseconds of CPU time.
struct TokenRate {
  std::uint64_t perSecond = 0;  ///< at least 1
  std::uint64_t burst = 0;      ///< at least 1
};

/// A token bucket: full at first, filled at a steady rate, emptied by what is taken. Kept as the
/// moment at which it will be full again (the generic cell rate algorithm), in one atomic: any
/// number of threads may use it without waiting for one another.
///
/// The rate is given with each call and may change. What was taken is paid for by then in time: a
/// debt of one second stays one second, whatever the new rate. So a change neither forgives nor
/// takes away what was used, and a lower rate holds from the next token on.
///
/// `now` comes from one steady clock; calls may come in any order of it.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  /// Takes `amount` if that much is there; all or nothing.
  bool tryTake(std::uint64_t amount, TokenRate rate, Time now) {
    const std::int64_t cost = timeFor(amount, rate);
    const std::int64_t latest = ticks(now) + timeFor(rate.burst, rate);
    std::int64_t full = full_.load(std::memory_order_relaxed);
    while (true) {
      const std::int64_t next = std::max(full, ticks(now)) + cost;
      if (next > latest) return false;
      if (full_.compare_exchange_weak(full, next, std::memory_order_relaxed)) return true;
    }
  }

  /// Takes `amount` whether it is there or not: the bucket may go into debt.
  void take(std::uint64_t amount, TokenRate rate, Time now) {
    const std::int64_t cost = timeFor(amount, rate);
    std::int64_t full = full_.load(std::memory_order_relaxed);
    while (!full_.compare_exchange_weak(full, std::max(full, ticks(now)) + cost,
                                        std::memory_order_relaxed)) {
    }
  }

  /// Gives back what was taken a moment ago.
  void giveBack(std::uint64_t amount, TokenRate rate) {
    full_.fetch_sub(timeFor(amount, rate), std::memory_order_relaxed);
  }

  /// How long until tryTake(amount) would succeed if nobody took anything; zero: now. An amount
  /// above the burst is never there: then until the bucket is full.
  std::chrono::nanoseconds wait(std::uint64_t amount, TokenRate rate, Time now) const {
    const std::int64_t full = full_.load(std::memory_order_relaxed);
    const std::int64_t cost = timeFor(std::min(amount, rate.burst), rate);
    return std::chrono::nanoseconds(std::max<std::int64_t>(
        0, std::max(full, ticks(now)) + cost - timeFor(rate.burst, rate) - ticks(now)));
  }

 private:
  static std::int64_t ticks(Time time) {
    return std::chrono::nanoseconds(time.time_since_epoch()).count();
  }
  /// Nanoseconds in which `amount` flows in, at most a hundred years.
  static std::int64_t timeFor(std::uint64_t amount, TokenRate rate) {
    constexpr double kLongest = 3e18;
    return static_cast<std::int64_t>(std::min(
        kLongest, static_cast<double>(amount) * 1e9 / static_cast<double>(rate.perSecond)));
  }

  std::atomic<std::int64_t> full_{0};
};

}  // namespace skiff
