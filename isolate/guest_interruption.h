#pragma once

namespace skiff {

/// For ActivationBudget::interrupt, with the v8::Isolate that the guest runs in as the target: the
/// guest is interrupted where V8 looks for terminations too. There, on its own thread, it waits
/// while it is parked; if it is to be ended, its stack is noted and it is terminated.
///
/// V8 cannot take an interruption back. One that came too late for its activation strikes in a
/// later one of the isolate, and does nothing there unless that is interrupted itself.
void interruptGuest(void* isolate);

}  // namespace skiff
