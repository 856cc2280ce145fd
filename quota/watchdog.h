#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "quota/guest_thread.h"
#include "quota/overrun_schedule.h"

namespace skiff {

/// The thread that watches all guests: ends those that are over their CPU or wall time, has shards
/// handed off whose guest overran its slice, and shares the processors among the guests that are
/// away, by parking some.
///
/// Looks at every registered thread once a tick while guests run on shards. A look costs the
/// processor more than what is looked at (some 20 us in a virtual machine: a timer's interrupt and
/// two changes of threads), so the watchdog *rests* while none runs on any: it looks at those that
/// are away when one begins and when one can be over a limit, and sleeps while there are none.
class Watchdog {
 public:
  struct Settings {
    std::chrono::microseconds tick{1000};
    /// CPU time after which a guest has overrun.
    std::chrono::microseconds slice{1000};
    /// The longest pause between looks at guests that are away, while it rests.
    std::chrono::microseconds awayTick{4000};
    /// How long no guest ran on a shard before it rests. A shard that waits for its processor runs
    /// none either, but not for so long.
    std::chrono::milliseconds quiet{250};
    /// How many guests that are away run at a time; 0: as many as there are processors.
    std::size_t processors = 0;
  };

  Watchdog() : Watchdog(Settings()) {}
  explicit Watchdog(const Settings& settings);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From any thread. REQUIRES: the thread is removed before it dies.
  void add(GuestThread& thread);
  void remove(GuestThread& thread);

  /// Called by guest threads at each activation, once its word says that it is under way: one load
  /// unless the watchdog rests, which then looks at once.
  void wakeIfResting() {
    if (rests_.load(std::memory_order_seq_cst)) wake();
  }
  /// Whether a guest waits, parked, for another one to end.
  bool hasParked() const { return hasParked_.load(std::memory_order_relaxed); }

 private:
  void run();
  void wake();
  std::chrono::nanoseconds longestPause(std::chrono::nanoseconds look) const;
  GuestThread::Outlook inspectAll();
  void schedule(std::chrono::steady_clock::time_point now);

  const Settings settings_;
  std::atomic<bool> rests_{false};  ///< changes under the mutex
  std::atomic<bool> hasParked_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::vector<GuestThread*> threads_;
  OverrunSchedule schedule_;
  std::vector<OverrunGuest> overrun_;  ///< those of the last look that found anything
  std::thread thread_;
};

}  // namespace skiff
