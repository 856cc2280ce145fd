#pragma once

#include <v8.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "isolate/guest_isolate.h"
#include "isolate/guest_stack.h"
#include "isolate/host_context.h"
#include "isolate/host_function.h"

namespace skiff {

class GuestThread;

/// One call of a guest's export: from entering it to its return, however often it is suspended in
/// between. One thread at a time, which has the isolate entered; `thread` is that thread's.
class GuestCall {
 public:
  enum class State : std::uint8_t {
    returned,    ///< result() is there
    suspended,   ///< waits; resume() goes on
    ended,       ///< by the host: context.ending() says how
    trapped,     ///< trap() is the engine's message
    terminated,  ///< from outside: the watchdog or the heap limit
    mustWait,    ///< it would have had to wait and was entered so that it cannot: unwound
  };
  /// Whether the guest is entered so that it can be suspended, which costs several times as much.
  enum class Entry : std::uint8_t { plain, suspendable };

  /// `signal`: where the guest wants to be told of its CPU time.
  explicit GuestCall(HostContext& context, std::optional<std::uint32_t> signal = {})
      : context_(context), signal_(signal) {}
  GuestCall(const GuestCall&) = delete;
  GuestCall& operator=(const GuestCall&) = delete;

  /// REQUIRES: `function` is a promising one if `entry` is suspendable, and else is not.
  State enter(IsolateLock& lock, GuestThread& thread, v8::Local<v8::Function> function,
              std::span<const std::uint32_t> arguments, Entry entry);
  /// REQUIRES: suspended. The host function that waits is tried again.
  State resume(IsolateLock& lock, GuestThread& thread);
  enum class NoteStack : bool { no, yes };
  /// REQUIRES: suspended. Unwinds the guest: its host function is not tried again.
  void cancel(IsolateLock& lock, NoteStack note);

  double result() const { return result_; }
  const std::string& trap() const { return trap_; }
  /// Where the guest stood when it trapped, when a host function ended it with an error, or when it
  /// was interrupted; else empty.
  StackOffsets takeStack() { return std::move(stack_); }
  /// Notes the stack: for a host function that ends the guest, and for interruptions. On the
  /// guest's thread, with the guest on the stack.
  void noteStack(v8::Isolate* isolate) { stack_ = currentStack(isolate); }

  /// Tells the guest that its CPU time is nearly used up. On its thread, while it is interrupted.
  void warn();

  /// A host function on behalf of the guest: for host_binding only.
  HostResult host(v8::Isolate* isolate, const HostFunction& function, const std::uint32_t* slots);
  /// The promise that the guest is suspended on: for host_binding only.
  v8::MaybeLocal<v8::Promise> suspend(v8::Isolate* isolate);

 private:
  State resolve(IsolateLock& lock);
  HostResult callHost(v8::Isolate* isolate, const HostFunction& function,
                      const std::uint32_t* slots);
  State settle(IsolateLock& lock, v8::TryCatch& tryCatch, v8::MaybeLocal<v8::Value> value);
  State classifyFailure(IsolateLock& lock, v8::TryCatch& tryCatch);

  HostContext& context_;
  const std::optional<std::uint32_t> signal_;
  GuestThread* thread_ = nullptr;  ///< where the guest runs, while it does
  v8::Global<v8::Promise> promise_;
  v8::Global<v8::Promise::Resolver> waiting_;
  double result_ = 0;
  Entry entry_ = Entry::plain;
  bool cancelled_ = false;
  NoteStack noteAtCancel_ = NoteStack::no;
  bool mustWait_ = false;
  std::string trap_;
  StackOffsets stack_;
};

}  // namespace skiff
