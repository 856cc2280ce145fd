#include "isolate/guest_interruption.h"

#include "isolate/guest_call.h"
#include "isolate/guest_isolate.h"
#include "quota/guest_thread.h"

namespace skiff {
namespace {

void strike(v8::Isolate* isolate, void* thread) {
  if (!static_cast<const GuestThread*>(thread)->isTerminating()) return;
  const v8::HandleScope scope(isolate);
  if (GuestCall* const call = GuestIsolate::of(isolate).current()) call->noteStack(isolate);
  isolate->TerminateExecution();
}

}  // namespace

void GuestInterruption::send(void* self) {
  const auto& interruption = *static_cast<const GuestInterruption*>(self);
  interruption.isolate->RequestInterrupt(strike, const_cast<GuestThread*>(&interruption.thread));
}

}  // namespace skiff
