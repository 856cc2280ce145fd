#pragma once

#include "isolate/guest_isolate.h"
#include "quota/guest_thread.h"
#include "quota/watchdog.h"

namespace skiff {

/// What a thread needs to run guests: its seat in an isolate, and its activations under the
/// watchdog's eyes. A thread that runs guests makes one for as long as it does. The one made last
/// is the thread's; made and destroyed in turn, as objects on a stack are.
class GuestPlace {
 public:
  /// Binds to the calling thread. REQUIRES: the watchdog outlives it.
  explicit GuestPlace(Watchdog& watchdog);
  ~GuestPlace();
  GuestPlace(const GuestPlace&) = delete;
  GuestPlace& operator=(const GuestPlace&) = delete;

  /// The calling thread's. REQUIRES: it has one.
  static GuestPlace& current() { return *current_; }

  IsolateSeat& seat() { return seat_; }
  GuestThread& thread() { return thread_; }

 private:
  static thread_local GuestPlace* current_;

  GuestPlace* const outer_;
  Watchdog& watchdog_;
  GuestThread thread_;
  IsolateSeat seat_;
};

}  // namespace skiff
