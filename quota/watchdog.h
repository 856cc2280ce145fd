#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "quota/overrun_schedule.h"

namespace skiff {

class GuestThread;

/// The thread that watches all guests: ends those that are over their CPU or wall time, has shards
/// handed off whose guest overran its slice, and shares the processors among the guests that are
/// away, by parking some. Looks at every registered thread once a tick while guests run, and sleeps
/// while there are none.
class Watchdog {
 public:
  struct Settings {
    std::chrono::microseconds tick{1000};
    /// CPU time after which a guest has overrun.
    std::chrono::microseconds slice{1000};
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
  /// unless the watchdog sleeps.
  void wakeIfAsleep() {
    if (asleep_.load(std::memory_order_seq_cst)) wake();
  }

 private:
  void run();
  void wake();
  std::chrono::nanoseconds inspectAll();
  void schedule(std::chrono::steady_clock::time_point now);

  const Settings settings_;
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::vector<GuestThread*> threads_;
  OverrunSchedule schedule_;
  std::vector<OverrunGuest> overrun_;
  std::thread thread_;
};

}  // namespace skiff
