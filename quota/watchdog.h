#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace skiff {

class GuestThread;

/// The thread that ends guests which are over their CPU or wall time. Looks at every registered
/// thread once a tick while a guest runs that it has seen before, less often while guests come and
/// go quickly, and sleeps while there are none.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::microseconds tick = std::chrono::microseconds(1000));
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// From any thread. REQUIRES: the thread is removed before it dies.
  void add(GuestThread& thread);
  void remove(GuestThread& thread);

  /// Called by guest threads at each activation: one relaxed load unless the watchdog sleeps. A
  /// wake-up lost to reordering is made up for by the sleep's own bound.
  void wakeIfAsleep() {
    if (asleep_.load(std::memory_order_relaxed)) wake();
  }

 private:
  void run();
  void wake();
  std::chrono::nanoseconds inspectAll();

  const std::chrono::microseconds tick_;
  std::atomic<bool> asleep_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::vector<GuestThread*> threads_;
  std::thread thread_;
};

}  // namespace skiff
