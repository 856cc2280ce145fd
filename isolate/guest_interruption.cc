#include "isolate/guest_interruption.h"

#include <v8.h>

#include "isolate/guest_call.h"
#include "isolate/guest_isolate.h"
#include "isolate/guest_place.h"

namespace skiff {
namespace {

/// On the thread that runs the isolate's guest now, which need not be the one it was sent for.
void strike(v8::Isolate* isolate, void*) {
  const GuestThread::Command command = GuestPlace::current().thread().heed();
  if (command == GuestThread::Command::none) return;
  const v8::HandleScope scope(isolate);
  GuestCall* const call = GuestIsolate::of(isolate).current();
  if (command == GuestThread::Command::warn) {
    if (call) call->warn();
    return;
  }
  if (call) call->noteStack(isolate);
  isolate->TerminateExecution();
}

}  // namespace

void interruptGuest(void* isolate) {
  static_cast<v8::Isolate*>(isolate)->RequestInterrupt(strike, nullptr);
}

}  // namespace skiff
