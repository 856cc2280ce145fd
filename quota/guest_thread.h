#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <optional>

#include "quota/activation_word.h"
#include "quota/reason.h"

namespace skiff {

class HandOff;
class Watchdog;
struct AppQuota;
struct TenantQuota;
struct OverrunGuest;

/// What an activation may use: one stretch of a guest's running on a thread, from its entry (or
/// resumption) to its return (or suspension).
struct ActivationBudget {
  using Clock = std::chrono::steady_clock;

  std::chrono::nanoseconds cpu{};   ///< CPU time that the whole request may use
  std::chrono::nanoseconds used{};  ///< of that, what was used before this activation
  Clock::time_point deadline{};     ///< when the request's wall time is over
  /// Whose account it is, with the limits as they are at any moment: `cpu` is then this app's, and
  /// `deadline` its wall time after `start`, whatever they were at the beginning. nullptr:
  /// nobody's.
  AppQuota* quota = nullptr;
  Clock::time_point start{};
  /// Once set, activations end with Reason::drained. May be nullptr.
  const std::atomic<bool>* ends = nullptr;
  /// Once set, this one ends with Reason::clientGone. May be nullptr.
  const std::atomic<bool>* abandoned = nullptr;
  /// The guest is to be told when nine tenths of its CPU time are used up.
  bool warns = false;
  /// Makes the guest's thread call heed() soon, wherever the guest is. From the watchdog's thread,
  /// any number of times, and never after end().
  void (*interrupt)(void* target) = nullptr;
  void* target = nullptr;
};

struct ActivationReport {
  /// cpuLimit, wallLimit, drained, clientGone or overloaded (see HandOff) if the watchdog ended it.
  Reason terminated = Reason::none;
  std::chrono::nanoseconds cpu{};  ///< CPU time it used
  /// For one that was ended: how long after its limit (in CPU time or wall time) it stopped.
  std::chrono::nanoseconds late{};
};

/// One thread that runs guests, as its owner and the watchdog see it. What they do to one another
/// goes through an ActivationWord; a termination never hits an activation that it was not meant
/// for.
///
/// A thread that carries a shard's loop (it has a HandOff) loses it to another when a guest on it
/// computes for longer than the watchdog's slice; it is *away* then, for good, and so is a thread
/// that never had one. Guests that are away share the processors by their tenants' and apps'
/// weights: the watchdog parks some in heed(). If there is no thread for the guest's tenant to be
/// had, the guest is ended before long (HandOff::kPatience).
///
/// CPU time: an activation that no look of the watchdog saw is measured by the cycle counter alone
/// (no system call); any other by the thread's CPU clock from the first look that saw it.
class GuestThread {
 public:
  GuestThread() = default;
  GuestThread(const GuestThread&) = delete;
  GuestThread& operator=(const GuestThread&) = delete;

  /// Binds to the calling thread, which alone may call what follows from now on.
  void bind();
  /// Carries something from now on, which `handOff` gives away; nullptr: it is away. REQUIRES: no
  /// activation is under way.
  void carry(HandOff* handOff);
  /// Whether the thread touches nothing but what belongs to the guest's request.
  bool isAway() const { return away_; }

  /// REQUIRES: no activation is under way; the quota lives until end().
  void begin(const ActivationBudget& budget);
  /// After this no interruption of the activation can come any more.
  ActivationReport end();

  /// A host function begins that may touch what the thread carries; false: it must not, the thread
  /// is away.
  bool enterHost() {
    if (away_) return false;
    if (word_.enterHost()) return true;
    away_ = true;
    return false;
  }
  /// REQUIRES: enterHost() said true. The thread may be away afterwards.
  void leaveHost() {
    word_.leaveHost();
    if (handOffDue_.load(std::memory_order_relaxed)) giveAway();
  }

  enum class Command : std::uint8_t { none, warn, end };
  /// In an interruption, with the guest on the stack: waits while the activation is parked. What is
  /// to be done to the guest then.
  Command heed();

 private:
  friend class Watchdog;
  using Clock = ActivationBudget::Clock;

  static constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max();

  struct Look {
    Clock::time_point now;
    std::chrono::nanoseconds slice;
    std::chrono::nanoseconds tick;      ///< the longest until the next look at one on a shard
    std::chrono::nanoseconds awayTick;  ///< the same of one that is away
  };
  struct Outlook {
    std::chrono::nanoseconds next = kNever;  ///< when to look again; kNever: nothing is under way
    bool usedShard = false;                  ///< a guest ran on a shard since the last look
  };
  /// One look by the watchdog: ends the activation if it is over a limit, hands off what the thread
  /// carries if it overran `slice`.
  Outlook inspect(const Look& look);
  std::chrono::nanoseconds inspectClaimed(const Look& look, ActivationWord::State state);
  void tryHandOff(const Look& look, std::chrono::nanoseconds used);
  bool handOffNow(HandOff& handOff, const TenantQuota* tenant);
  void giveAway();
  /// No thread was to be had for the guest's tenant.
  void onRefused(const Look& look, std::chrono::nanoseconds used);
  void terminate(Reason reason);
  void warn(std::chrono::nanoseconds used);
  /// What the schedule of overrun guests is to know; false if there is no such guest here.
  bool describe(OverrunGuest& guest, Clock::time_point now);
  /// What the schedule decided.
  void park(const OverrunGuest& guest, Clock::time_point now);
  void interrupt();

  std::chrono::nanoseconds threadCpu() const;
  std::chrono::nanoseconds usedSoFar() const;
  std::chrono::nanoseconds cpuLimit() const;
  std::chrono::nanoseconds warningTime() const;
  Clock::time_point deadline() const;
  void charge(std::chrono::nanoseconds used);

  ActivationWord word_;
  bool away_ = true;  ///< the owner's
  /// Written by the owner before each activation; the watchdog reads it under a claim.
  ActivationBudget budget_;
  std::uint64_t startCycles_ = 0;
  std::atomic<HandOff*> handOff_{nullptr};
  /// Set under the mutex: a thread is reserved for a hand-off that was not possible, since a host
  /// function ran at each try. The owner does it itself when one ends, or the next look does.
  std::atomic<bool> handOffDue_{false};
  std::atomic<Watchdog*> watchdog_{nullptr};
  ActivationWord::Sequence lastLook_ = 0;  ///< the watchdog's: the activation that it saw last

  // Under the mutex: what the watchdog knows of the activation that it claimed.
  std::mutex mutex_;
  std::condition_variable unparked_;
  ActivationWord::Sequence claimed_ = 0;
  std::uint64_t seenCycles_ = 0;          ///< when a look first saw it
  std::chrono::nanoseconds seenCpu_{};    ///< the thread's CPU clock at that moment
  std::chrono::nanoseconds charged_{};    ///< of what it used, what its tenant was charged with
  std::chrono::nanoseconds scheduled_{};  ///< the same, what the schedule knows of
  std::optional<std::chrono::nanoseconds> refusedAt_;  ///< CPU time at which a hand-off first was
  Reason terminated_ = Reason::none;
  std::chrono::nanoseconds limitCpu_{};  ///< the CPU limit that ended it
  Clock::time_point limitTime_{};        ///< the time at which it had to end otherwise
  bool warned_ = false;
  bool warningDue_ = false;
  bool parked_ = false;
  bool throttled_ = false;  ///< parked because its tenant is out of CPU share
  Clock::time_point throttledSince_{};
  clockid_t cpuClock_ = CLOCK_THREAD_CPUTIME_ID;
  pid_t threadId_ = 0;
};

}  // namespace skiff
