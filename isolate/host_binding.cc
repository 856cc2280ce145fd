#include "isolate/host_binding.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "isolate/abi/entry_abi.h"
#include "isolate/abi/growth.h"
#include "isolate/guest_call.h"
#include "isolate/guest_isolate.h"
#include "isolate/wasm/rewrite.h"

namespace skiff {
namespace {

constexpr v8::ExternalPointerTypeTag kHostFunctionTag = 1;

/// Every host function is called through here: V8's values become 32-bit slots and back.
void callHostFunction(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  const auto& function =
      *static_cast<const HostFunction*>(info.Data().As<v8::External>()->Value(kHostFunctionTag));
  GuestCall* const call = GuestIsolate::of(isolate).current();
  if (!call) return;

  std::array<std::uint32_t, HostFunction::kMaxSlots> slots;
  const int count = std::min<int>(info.Length(), HostFunction::kMaxSlots);
  for (int i = 0; i < count; ++i) {
    slots[static_cast<std::size_t>(i)] =
        static_cast<std::uint32_t>(info[i].As<v8::Int32>()->Value());
  }
  const HostResult result = call->host(isolate, function, slots.data());
  switch (result.kind()) {
    case HostResult::Kind::value:
      if (function.result == 'I') {
        info.GetReturnValue().Set(static_cast<double>(result.get()));
      } else if (function.result == 'i' || function.mayWait) {
        info.GetReturnValue().Set(static_cast<std::int32_t>(result.get()));
      }
      return;
    case HostResult::Kind::wait:
      info.GetReturnValue().Set(std::int32_t{-1});
      return;
    case HostResult::Kind::stop:
      GuestIsolate::of(isolate).stopGuest();
      return;
  }
}

/// The suspending import of all shims.
void waitForHost(const v8::FunctionCallbackInfo<v8::Value>& info) {
  v8::Isolate* const isolate = info.GetIsolate();
  GuestCall* const call = GuestIsolate::of(isolate).current();
  v8::Local<v8::Promise> promise;
  if (call && call->suspend(isolate).ToLocal(&promise)) {
    info.GetReturnValue().Set(promise);
  } else {
    GuestIsolate::of(isolate).stopGuest();
  }
}

/// Shim modules are compiled once per process and shared by all isolates.
class ShimCache {
 public:
  v8::MaybeLocal<v8::WasmModuleObject> module(v8::Isolate* isolate, const HostModule& host) {
    const std::lock_guard lock(mutex_);
    const auto found = compiled_.find(&host);
    if (found != compiled_.end()) {
      return v8::WasmModuleObject::FromCompiledModule(isolate, found->second);
    }
    const std::vector<std::uint8_t> bytes = wasm::buildShim(host);
    v8::Local<v8::WasmModuleObject> module;
    if (!v8::WasmModuleObject::Compile(isolate, {bytes.data(), bytes.size()}).ToLocal(&module)) {
      return {};
    }
    compiled_.emplace(&host, module->GetCompiledModule());
    return module;
  }

 private:
  std::mutex mutex_;
  std::map<const HostModule*, v8::CompiledWasmModule> compiled_;
};

class ImportBuilder {
 public:
  ImportBuilder(GuestIsolate& isolate, v8::Local<v8::Context> context,
                v8::Local<v8::Object> webAssembly)
      : guest_(isolate), isolate_(isolate.raw()), context_(context), webAssembly_(webAssembly) {}

  v8::MaybeLocal<v8::Object> build() {
    const auto imports = v8::Object::New(isolate_);
    for (const HostModule& host : hostModules()) {
      v8::Local<v8::Object> functions;
      if (!buildNamespace(host).ToLocal(&functions)) return {};
      if (!set(imports, host.name, functions)) return {};
    }
    return imports;
  }

  v8::MaybeLocal<v8::Function> buildMayGrow() {
    v8::Local<v8::Object> functions;
    v8::Local<v8::Value> function;
    if (!buildNamespace(growthModule()).ToLocal(&functions) ||
        !functions->Get(context_, guest_.name(skiff::kMayGrow)).ToLocal(&function)) {
      return {};
    }
    return function.As<v8::Function>();
  }

 private:
  bool set(v8::Local<v8::Object> object, std::string_view key, v8::Local<v8::Value> value) {
    return object->Set(context_, guest_.name(key), value).FromMaybe(false);
  }

  v8::MaybeLocal<v8::Function> wrap(const HostFunction& function) {
    const auto data =
        v8::External::New(isolate_, const_cast<HostFunction*>(&function), kHostFunctionTag);
    return v8::Function::New(context_, callHostFunction, data, 0, v8::ConstructorBehavior::kThrow);
  }

  v8::MaybeLocal<v8::Object> suspending() {
    v8::Local<v8::Function> function;
    v8::Local<v8::Value> constructor;
    if (!v8::Function::New(context_, waitForHost, {}, 0, v8::ConstructorBehavior::kThrow)
             .ToLocal(&function) ||
        !webAssembly_->Get(context_, guest_.name("Suspending")).ToLocal(&constructor) ||
        !constructor->IsFunction()) {
      return {};
    }
    v8::Local<v8::Value> arguments[] = {function};
    return constructor.As<v8::Function>()->NewInstance(context_, 1, arguments);
  }

  v8::MaybeLocal<v8::Object> buildNamespace(const HostModule& host) {
    const auto direct = v8::Object::New(isolate_);
    const auto tries = v8::Object::New(isolate_);
    for (const HostFunction& function : host.functions) {
      v8::Local<v8::Function> wrapped;
      if (!wrap(function).ToLocal(&wrapped)) return {};
      const std::string key = std::string(wasm::kShimTryPrefix) + std::string(function.name);
      if (!set(tries, key, wrapped)) return {};
    }
    if (!addShim(host, tries, direct)) return {};
    return direct;
  }

  /// Instantiates the namespace's shim and adds its exports to `direct`.
  bool addShim(const HostModule& host, v8::Local<v8::Object> tries, v8::Local<v8::Object> direct) {
    // Never destroyed: it would have to go before V8 does.
    static ShimCache& cache = *new ShimCache;
    v8::Local<v8::Object> wait;
    v8::Local<v8::WasmModuleObject> module;
    v8::Local<v8::Value> constructor;
    if (!suspending().ToLocal(&wait) || !set(tries, wasm::kShimWait, wait) ||
        !cache.module(isolate_, host).ToLocal(&module) ||
        !webAssembly_->Get(context_, guest_.name("Instance")).ToLocal(&constructor)) {
      return false;
    }
    const auto imports = v8::Object::New(isolate_);
    v8::Local<v8::Value> arguments[] = {module, imports};
    v8::Local<v8::Object> instance;
    v8::Local<v8::Value> exports;
    if (!set(imports, wasm::kShimModule, tries) ||
        !constructor.As<v8::Function>()->NewInstance(context_, 2, arguments).ToLocal(&instance) ||
        !instance->Get(context_, guest_.name("exports")).ToLocal(&exports)) {
      return false;
    }
    for (const HostFunction& function : host.functions) {
      v8::Local<v8::Value> shim;
      if (!exports.As<v8::Object>()->Get(context_, guest_.name(function.name)).ToLocal(&shim) ||
          !set(direct, function.name, shim)) {
        return false;
      }
    }
    return true;
  }

  GuestIsolate& guest_;
  v8::Isolate* isolate_;
  v8::Local<v8::Context> context_;
  v8::Local<v8::Object> webAssembly_;
};

}  // namespace

v8::Local<v8::Function> buildStopFunction(GuestIsolate& isolate, v8::Local<v8::Context> context,
                                          v8::Local<v8::Object> webAssembly) {
  // (func (export "f") (local i32) (loop (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0)
  // (i32.const 1))) (i32.const 1000000))))): the loop's edge is where V8 looks for a termination.
  static constexpr std::uint8_t kBytes[] = {
      0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00,
      0x00, 0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01, 0x01, 'f',  0x00, 0x00, 0x0a,
      0x17, 0x01, 0x15, 0x01, 0x01, 0x7f, 0x03, 0x40, 0x20, 0x00, 0x41, 0x01, 0x6a,
      0x22, 0x00, 0x41, 0xc0, 0x84, 0x3d, 0x47, 0x0d, 0x00, 0x0b, 0x0b};
  v8::Isolate* const raw = isolate.raw();
  const auto member = [&](v8::Local<v8::Object> object, std::string_view key) {
    return object->Get(context, isolate.name(key)).ToLocalChecked();
  };
  v8::Local<v8::Value> arguments[] = {
      v8::WasmModuleObject::Compile(raw, {kBytes, sizeof kBytes}).ToLocalChecked()};
  const auto instance = member(webAssembly, "Instance")
                            .As<v8::Function>()
                            ->NewInstance(context, 1, arguments)
                            .ToLocalChecked();
  return member(member(instance, "exports").As<v8::Object>(), "f").As<v8::Function>();
}

v8::MaybeLocal<v8::Function> buildMayGrow(GuestIsolate& isolate, v8::Local<v8::Context> context,
                                          v8::Local<v8::Object> webAssembly) {
  return ImportBuilder(isolate, context, webAssembly).buildMayGrow();
}

v8::MaybeLocal<v8::Object> buildImports(GuestIsolate& isolate, v8::Local<v8::Context> context,
                                        v8::Local<v8::Object> webAssembly) {
  return ImportBuilder(isolate, context, webAssembly).build();
}

}  // namespace skiff
