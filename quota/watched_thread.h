#pragma once

#include "quota/guest_thread.h"
#include "quota/watchdog.h"

namespace skiff {

/// The calling thread as one that runs guests, under the watchdog's eyes while this lives.
/// REQUIRES: the watchdog outlives it.
class WatchedThread {
 public:
  explicit WatchedThread(Watchdog& watchdog) : watchdog_(watchdog) {
    thread_.bind();
    watchdog_.add(thread_);
  }
  ~WatchedThread() { watchdog_.remove(thread_); }
  WatchedThread(const WatchedThread&) = delete;
  WatchedThread& operator=(const WatchedThread&) = delete;

  GuestThread& get() { return thread_; }

 private:
  Watchdog& watchdog_;
  GuestThread thread_;
};

}  // namespace skiff
