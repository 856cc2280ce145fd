#pragma once

#include <v8.h>

namespace skiff {

class GuestThread;

/// Ends an activation from the watchdog's thread, in two steps: the guest is interrupted, where V8
/// looks for terminations too; there, on its own thread, its stack is noted, and it is terminated.
///
/// V8 cannot take an interruption back. One that came too late for its activation strikes in a
/// later one of the isolate, and does nothing there unless that is being terminated itself.
///
/// Lives from before GuestThread::begin() until after end(). Costs nothing unless it is sent.
struct GuestInterruption {
  v8::Isolate* isolate;
  const GuestThread& thread;  ///< outlives the isolate

  /// For ActivationBudget::terminate, with a GuestInterruption as the target.
  static void send(void* self);
};

}  // namespace skiff
