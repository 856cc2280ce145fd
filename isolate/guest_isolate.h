#pragma once

#include <v8.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "isolate/engine.h"
#include "isolate/host_context.h"
#include "isolate/task_runner.h"

namespace skiff {

class GuestCall;

/// A V8 isolate with one context, the host functions of every ABI ready to be imported, and nothing
/// else in it. It serves instances of one version of one tenant, on one shard, from the moment it
/// is given to it. Made on any thread, then used by one thread at a time, which has it entered (see
/// IsolateSeat).
class GuestIsolate {
 public:
  /// `heap`: its limit, beside what V8 needs for its young generation.
  explicit GuestIsolate(Engine& engine, ByteSize heap = Limits().heap);
  /// REQUIRES: not entered; every handle into it has been reset.
  ~GuestIsolate();
  GuestIsolate(const GuestIsolate&) = delete;
  GuestIsolate& operator=(const GuestIsolate&) = delete;

  v8::Isolate* raw() const { return isolate_; }
  static GuestIsolate& of(v8::Isolate* isolate) {
    return *static_cast<GuestIsolate*>(isolate->GetData(kDataSlot));
  }

  // REQUIRES for what follows: entered, with a HandleScope open.
  v8::Local<v8::Context> context() const { return context_.Get(isolate_); }
  v8::MaybeLocal<v8::Object> instantiate(v8::Local<v8::WasmModuleObject> module);
  /// The function as an entry that may suspend: calling it gives a promise.
  v8::MaybeLocal<v8::Function> promising(v8::Local<v8::Function> function);
  /// What asks the host whether the memory of the guest on the stack may grow.
  v8::Local<v8::Function> mayGrow() const { return mayGrow_.Get(isolate_); }
  v8::Local<v8::String> name(std::string_view text) const;

  /// Ends the guest whose host function this is called in: when the host function returns, the
  /// guest is unwound and cannot catch that. REQUIRES: nothing else of V8 is called before it
  /// returns.
  void stopGuest();

  /// The call whose guest is on the stack, or nullptr.
  GuestCall* current() const { return current_; }
  void setCurrent(GuestCall* call) { current_ = call; }

  /// Set when the JavaScript heap reached its limit; the guest is being ended for it.
  bool takeHeapExhausted() { return std::exchange(heapExhausted_, false); }

  ForegroundTasks& tasks() { return *tasks_; }
  /// Bytes of JavaScript heap in use and kept by V8.
  std::size_t heapBytes() const;
  /// Has V8 collect what dropped instances left behind.
  void collectGarbage();

 private:
  static constexpr std::uint32_t kDataSlot = 0;

  static std::size_t nearHeapLimit(void* self, std::size_t current, std::size_t initial);
  void buildContext();

  Engine& engine_;
  std::shared_ptr<ForegroundTasks> tasks_;
  v8::Isolate* isolate_;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Object> imports_;
  v8::Global<v8::Function> instanceConstructor_;
  v8::Global<v8::Function> promisingFunction_;
  v8::Global<v8::Function> stopFunction_;
  v8::Global<v8::Function> mayGrow_;
  GuestCall* current_ = nullptr;
  bool heapExhausted_ = false;
};

/// The thread's place in at most one isolate: entering the isolate that is entered already costs
/// nothing, so the one used last stays locked until another is needed. One thread.
class IsolateSeat {
 public:
  IsolateSeat() = default;
  ~IsolateSeat() { leave(); }
  IsolateSeat(const IsolateSeat&) = delete;
  IsolateSeat& operator=(const IsolateSeat&) = delete;

  void enter(GuestIsolate& isolate) {
    if (occupied_ == &isolate) return;
    leave();
    entered_.emplace(isolate);
    occupied_ = &isolate;
  }
  void leave() {
    entered_.reset();
    occupied_ = nullptr;
  }
  /// Leaves if it is this one (which is about to go).
  void vacate(const GuestIsolate& isolate) {
    if (occupied_ == &isolate) leave();
  }

 private:
  struct Entered {
    explicit Entered(GuestIsolate& isolate)
        : locker(isolate.raw()),
          isolateScope(isolate.raw()),
          handleScope(isolate.raw()),
          contextScope(isolate.context()) {}
    v8::Locker locker;
    v8::Isolate::Scope isolateScope;
    v8::HandleScope handleScope;
    v8::Context::Scope contextScope;
  };
  std::optional<Entered> entered_;
  GuestIsolate* occupied_ = nullptr;
};

/// Entered, with a scope for handles: the first parameter of whatever touches an isolate. Lives on
/// the stack and never across a suspension.
class IsolateLock {
 public:
  IsolateLock(IsolateSeat& seat, GuestIsolate& isolate)
      : isolate_((seat.enter(isolate), isolate)), handleScope_(isolate.raw()) {}
  IsolateLock(const IsolateLock&) = delete;
  IsolateLock& operator=(const IsolateLock&) = delete;

  GuestIsolate& guest() const { return isolate_; }
  v8::Isolate* raw() const { return isolate_.raw(); }
  v8::Local<v8::Context> context() const { return isolate_.context(); }

 private:
  GuestIsolate& isolate_;
  v8::HandleScope handleScope_;
};

}  // namespace skiff
