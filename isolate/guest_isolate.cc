#include "isolate/guest_isolate.h"

#include <stdexcept>

#include "isolate/guest_stack.h"
#include "isolate/host_binding.h"

namespace skiff {

GuestIsolate::GuestIsolate(Engine& engine, ByteSize heap)
    : engine_(engine),
      tasks_(std::make_shared<ForegroundTasks>()),
      isolate_(engine.newIsolate(tasks_, heap.bytes())) {
  const v8::Locker locker(isolate_);
  const v8::Isolate::Scope isolateScope(isolate_);
  const v8::HandleScope handleScope(isolate_);
  isolate_->SetData(kDataSlot, this);
  isolate_->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  isolate_->AddNearHeapLimitCallback(nearHeapLimit, this);
  isolate_->AutomaticallyRestoreInitialHeapLimit();
  // So the exception of a trap carries its stack. (A guest's own exceptions carry none: calls into
  // guests capture no messages, which makes their throwing several times cheaper as well.)
  isolate_->SetCaptureStackTraceForUncaughtExceptions(true, kMaxStackFrames);
  buildContext();
}

GuestIsolate::~GuestIsolate() {
  {
    const v8::Locker locker(isolate_);
    const v8::Isolate::Scope isolateScope(isolate_);
    stopFunction_.Reset();
    mayGrow_.Reset();
    promisingFunction_.Reset();
    instanceConstructor_.Reset();
    imports_.Reset();
    context_.Reset();
    isolate_->RemoveNearHeapLimitCallback(nearHeapLimit, 0);
  }
  engine_.dispose(isolate_);
}

void GuestIsolate::buildContext() {
  const v8::Local<v8::Context> context = v8::Context::New(isolate_);
  const v8::Context::Scope contextScope(context);
  context_.Reset(isolate_, context);

  const auto member = [&](v8::Local<v8::Object> object, std::string_view key) {
    return object->Get(context, name(key)).ToLocalChecked();
  };
  const auto webAssembly = member(context->Global(), "WebAssembly").As<v8::Object>();
  instanceConstructor_.Reset(isolate_, member(webAssembly, "Instance").As<v8::Function>());
  const auto promising = member(webAssembly, "promising");
  if (!promising->IsFunction()) {
    throw std::runtime_error("this V8 has no JavaScript promise integration for WebAssembly");
  }
  promisingFunction_.Reset(isolate_, promising.As<v8::Function>());

  stopFunction_.Reset(isolate_, buildStopFunction(*this, context, webAssembly));
  v8::Local<v8::Object> imports;
  if (!buildImports(*this, context, webAssembly).ToLocal(&imports)) {
    throw std::runtime_error("V8 refused the host functions' shim");
  }
  imports_.Reset(isolate_, imports);
  v8::Local<v8::Function> mayGrow;
  if (!buildMayGrow(*this, context, webAssembly).ToLocal(&mayGrow)) {
    throw std::runtime_error("V8 refused the shim for growing memory");
  }
  mayGrow_.Reset(isolate_, mayGrow);
}

v8::Local<v8::String> GuestIsolate::name(std::string_view text) const {
  return v8::String::NewFromUtf8(isolate_, text.data(), v8::NewStringType::kInternalized,
                                 static_cast<int>(text.size()))
      .ToLocalChecked();
}

v8::MaybeLocal<v8::Object> GuestIsolate::instantiate(v8::Local<v8::WasmModuleObject> module) {
  v8::Local<v8::Value> arguments[] = {module, imports_.Get(isolate_)};
  return instanceConstructor_.Get(isolate_)->NewInstance(context(), 2, arguments);
}

v8::MaybeLocal<v8::Function> GuestIsolate::promising(v8::Local<v8::Function> function) {
  v8::Local<v8::Value> arguments[] = {function};
  v8::Local<v8::Value> result;
  if (!promisingFunction_.Get(isolate_)
           ->Call(context(), v8::Undefined(isolate_), 1, arguments)
           .ToLocal(&result)) {
    return {};
  }
  return result.As<v8::Function>();
}

void GuestIsolate::stopGuest() {
  isolate_->TerminateExecution();
  const auto stopped = stopFunction_.Get(isolate_)->Call(isolate_->GetCurrentContext(),
                                                         v8::Undefined(isolate_), 0, nullptr);
  (void)stopped;  // empty: the termination is on its way up
}

std::size_t GuestIsolate::nearHeapLimit(void* self, std::size_t current, std::size_t) {
  // Without more room V8 would end the process; with it, the guest ends at its next stack check.
  constexpr std::size_t kHeadroom = std::size_t{16} << 20;
  auto& isolate = *static_cast<GuestIsolate*>(self);
  isolate.heapExhausted_ = true;
  isolate.isolate_->TerminateExecution();
  return current + kHeadroom;
}

std::size_t GuestIsolate::heapBytes() const {
  v8::HeapStatistics statistics;
  isolate_->GetHeapStatistics(&statistics);
  return statistics.total_physical_size() + statistics.malloced_memory();
}

void GuestIsolate::collectGarbage() {
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
  isolate_->MemoryPressureNotification(v8::MemoryPressureLevel::kNone);
}

}  // namespace skiff
