#include "isolate/guest_call.h"

#include <array>
#include <utility>

#include "quota/guest_thread.h"

namespace skiff {
namespace {

/// Marks the call as the one on the isolate's stack.
class CurrentCall {
 public:
  CurrentCall(GuestIsolate& isolate, GuestCall* call) : isolate_(isolate) {
    isolate_.setCurrent(call);
  }
  ~CurrentCall() { isolate_.setCurrent(nullptr); }

 private:
  GuestIsolate& isolate_;
};

std::string messageOf(v8::Isolate* isolate, v8::Local<v8::Value> exception) {
  if (exception.IsEmpty()) return "the guest ended without a message";
  if (!exception->IsNativeError()) return "an exception of the guest that nothing caught";
  const v8::String::Utf8Value text(isolate, exception);
  if (!*text) return "the guest threw something unprintable";
  std::string_view message(*text, text.length());
  constexpr std::string_view kOfEveryTrap = "RuntimeError: ";
  if (message.starts_with(kOfEveryTrap)) message.remove_prefix(kOfEveryTrap.size());
  return std::string(message);
}

}  // namespace

void GuestCall::warn() {
  constexpr std::uint32_t kCpuNearlyUsedUp = 1;
  if (signal_) context_.memory().store(*signal_, kCpuNearlyUsedUp);
}

GuestCall::State GuestCall::enter(IsolateLock& lock, GuestThread& thread,
                                  v8::Local<v8::Function> function,
                                  std::span<const std::uint32_t> arguments, Entry entry) {
  entry_ = entry;
  thread_ = &thread;
  v8::Isolate* const isolate = lock.raw();
  std::array<v8::Local<v8::Value>, 2> values;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    values[i] = v8::Integer::New(isolate, static_cast<std::int32_t>(arguments[i]));
  }
  v8::TryCatch tryCatch(isolate);
  tryCatch.SetCaptureMessage(false);
  v8::MaybeLocal<v8::Value> value;
  {
    const CurrentCall current(lock.guest(), this);
    value = function->Call(lock.context(), v8::Undefined(isolate),
                           static_cast<int>(arguments.size()), values.data());
  }
  return settle(lock, tryCatch, value);
}

GuestCall::State GuestCall::resume(IsolateLock& lock, GuestThread& thread) {
  thread_ = &thread;
  return resolve(lock);
}

GuestCall::State GuestCall::resolve(IsolateLock& lock) {
  v8::Isolate* const isolate = lock.raw();
  v8::TryCatch tryCatch(isolate);
  tryCatch.SetCaptureMessage(false);
  const v8::Local<v8::Promise::Resolver> resolver = waiting_.Get(isolate);
  waiting_.Reset();
  {
    const CurrentCall current(lock.guest(), this);
    (void)resolver->Resolve(lock.context(), v8::Undefined(isolate)).FromMaybe(false);
    isolate->PerformMicrotaskCheckpoint();
  }
  return settle(lock, tryCatch, promise_.Get(isolate));
}

void GuestCall::cancel(IsolateLock& lock, NoteStack note) {
  cancelled_ = true;
  noteAtCancel_ = note;
  (void)resolve(lock);
  promise_.Reset();
  waiting_.Reset();
}

GuestCall::State GuestCall::settle(IsolateLock& lock, v8::TryCatch& tryCatch,
                                   v8::MaybeLocal<v8::Value> value) {
  v8::Isolate* const isolate = lock.raw();
  v8::Local<v8::Value> result;
  if (context_.ending() || cancelled_ || mustWait_ || !value.ToLocal(&result) ||
      tryCatch.HasCaught() || isolate->IsExecutionTerminating()) {
    return classifyFailure(lock, tryCatch);
  }
  if (entry_ == Entry::suspendable) {
    const auto promise = result.As<v8::Promise>();
    switch (promise->State()) {
      case v8::Promise::kPending:
        if (waiting_.IsEmpty()) return classifyFailure(lock, tryCatch);
        if (promise_.IsEmpty()) promise_.Reset(isolate, promise);
        return State::suspended;
      case v8::Promise::kRejected:
        trap_ = messageOf(isolate, promise->Result());
        stack_ = stackOf(isolate, promise->Result());
        promise->MarkAsHandled();
        promise_.Reset();
        return State::trapped;
      case v8::Promise::kFulfilled:
        result = promise->Result();
        promise_.Reset();
        break;
    }
  }
  result_ = result->IsNumber() ? result.As<v8::Number>()->Value() : 0;
  return State::returned;
}

GuestCall::State GuestCall::classifyFailure(IsolateLock& lock, v8::TryCatch& tryCatch) {
  promise_.Reset();
  waiting_.Reset();
  const bool terminated = tryCatch.HasTerminated() || lock.raw()->IsExecutionTerminating();
  if (mustWait_) return State::mustWait;
  if (context_.ending()) return State::ended;
  if (terminated || cancelled_) return State::terminated;
  trap_ = messageOf(lock.raw(), tryCatch.Exception());
  stack_ = stackOf(lock.raw(), tryCatch.Exception());
  return State::trapped;
}

HostResult GuestCall::host(v8::Isolate* isolate, const HostFunction& function,
                           const std::uint32_t* slots) {
  // Without an exchange, a host function touches nothing of a shard's.
  if (!context_.exchange() || cancelled_) return callHost(isolate, function, slots);
  if (!thread_->enterHost()) {
    context_.leaveShard();
    return callHost(isolate, function, slots);
  }
  const HostResult result = callHost(isolate, function, slots);
  thread_->leaveHost();
  return result;
}

HostResult GuestCall::callHost(v8::Isolate* isolate, const HostFunction& function,
                               const std::uint32_t* slots) {
  if (cancelled_ || mustWait_ || context_.ending()) {
    if (std::exchange(noteAtCancel_, NoteStack::no) == NoteStack::yes) noteStack(isolate);
    return HostResult::stop();
  }
  HostResult result = HostResult::stop();
  if (context_.holdsMemory() && context_.overMemory()) {
    result = context_.endOverMemory();
    noteStack(isolate);
    return result;
  }
  try {
    do {
      result = function.call(context_, slots);  // again once a wait on this thread is over
    } while (result.kind() == HostResult::Kind::wait && context_.blockingWait());
  } catch (const std::exception& error) {
    result = context_.trap(std::string(function.name) + ": internal error: " + error.what());
  }
  if (result.kind() == HostResult::Kind::wait) {
    if (context_.exchange() && entry_ == Entry::suspendable) return result;
    if (context_.exchange()) {
      mustWait_ = true;
      return HostResult::stop();
    }
    result = context_.trap(std::string(function.name) + ": cannot wait during initialisation");
  }
  if (result.kind() == HostResult::Kind::stop && context_.ending() &&
      (context_.ending()->kind == HostContext::Ending::Kind::trap ||
       context_.ending()->exitCode != 0)) {
    noteStack(isolate);
  }
  return result;
}

v8::MaybeLocal<v8::Promise> GuestCall::suspend(v8::Isolate* isolate) {
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(isolate->GetCurrentContext()).ToLocal(&resolver)) return {};
  waiting_.Reset(isolate, resolver);
  return resolver->GetPromise();
}

}  // namespace skiff
