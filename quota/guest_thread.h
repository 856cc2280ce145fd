#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <mutex>

#include "quota/reason.h"

namespace skiff {

class Watchdog;

/// What an activation may use: one stretch of a guest's running on a thread, from its entry (or
/// resumption) to its return (or suspension).
struct ActivationBudget {
  std::chrono::nanoseconds cpu{};                    ///< CPU time left to the request
  std::chrono::steady_clock::time_point deadline{};  ///< when the request's wall time is over
  /// Ends the guest from another thread; called at most once per activation.
  void (*terminate)(void* target) = nullptr;
  void* target = nullptr;
};

struct ActivationReport {
  /// cpuLimit, wallLimit or drained if the watchdog ended it.
  Reason terminated = Reason::none;
  std::chrono::nanoseconds cpu{};  ///< CPU time it used
};

/// One thread that runs guests, as the watchdog sees it: the owner announces each activation with a
/// store and takes it back with a compare-and-swap; the watchdog may only swap `in guest` to
/// `terminating` of the very activation it looked at, so a termination never hits the next one.
///
/// CPU time: an activation that no look of the watchdog saw is measured by the cycle counter alone
/// (no system call); any other by the thread's CPU clock from the first look that saw it.
class GuestThread {
 public:
  GuestThread() = default;
  GuestThread(const GuestThread&) = delete;
  GuestThread& operator=(const GuestThread&) = delete;

  /// Binds to the calling thread, which alone may begin and end activations from now on.
  void bind();

  /// REQUIRES: no activation is under way.
  void begin(const ActivationBudget& budget);
  /// After this no termination of the activation can come any more.
  ActivationReport end();

  /// Whether the activation under way is being terminated. On the owner's thread.
  bool isTerminating() const {
    return (word_.load(std::memory_order_relaxed) & kStateMask) == kTerminating;
  }

  /// From any thread, for the end of the server: every activation is ended with Reason::drained
  /// from now on, the one under way as soon as the watchdog looks.
  void endGuests() { endsGuests_.store(true, std::memory_order_relaxed); }

 private:
  friend class Watchdog;

  enum State : std::uint64_t { kHost = 0, kGuest = 1, kTerminating = 2 };
  static constexpr int kStateBits = 2;
  static constexpr std::uint64_t kStateMask = (1U << kStateBits) - 1;
  static constexpr std::uint64_t word(std::uint64_t sequence, State state) {
    return sequence << kStateBits | state;
  }

  /// One look by the watchdog: ends the activation if it is over a limit. When to look again: never
  /// if none is under way; soon if it was seen before; else in a fraction of its budget.
  static constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max();
  std::chrono::nanoseconds inspect(std::chrono::steady_clock::time_point now);
  std::chrono::nanoseconds threadCpu() const;

  alignas(64) std::atomic<std::uint64_t> word_{0};
  // Written by the owner before each activation, read by the watchdog, which believes them only if
  // its compare-and-swap finds the activation unchanged.
  std::atomic<std::int64_t> cpuBudget_{0};
  std::atomic<std::int64_t> deadline_{0};
  std::atomic<std::uint64_t> startCycles_{0};
  std::atomic<void (*)(void*)> terminate_{nullptr};
  std::atomic<void*> target_{nullptr};
  std::uint64_t sequence_ = 0;
  std::atomic<bool> endsGuests_{false};
  std::atomic<Watchdog*> watchdog_{nullptr};

  // Written by the watchdog. The mutex makes the owner wait for a termination that is being sent,
  // and covers what is below.
  alignas(64) std::mutex mutex_;
  std::uint64_t seenSequence_ = 0;      ///< the activation that the two stamps belong to
  std::uint64_t seenCycles_ = 0;        ///< when a tick first saw it
  std::chrono::nanoseconds seenCpu_{};  ///< the thread's CPU clock at that moment
  std::atomic<std::uint64_t> stampedSequence_{0};
  Reason terminated_ = Reason::none;
  clockid_t cpuClock_ = CLOCK_THREAD_CPUTIME_ID;
};

}  // namespace skiff
