#include "isolate/compiler.h"

#include <v8.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <variant>

#include "isolate/compiled_module.h"
#include "isolate/guest_isolate.h"

namespace skiff {
namespace {

/// How long V8 may take to hand over what it has restored.
constexpr std::chrono::seconds kRestoreTime{60};
constexpr std::chrono::microseconds kRestorePause{50};

std::string textOf(v8::Isolate* isolate, v8::Local<v8::Value> error) {
  const v8::String::Utf8Value text(isolate, error);
  return *text ? std::string(*text, text.length()) : "the engine refused it";
}

std::unique_ptr<PreparedModule::Compiled> keep(v8::Local<v8::WasmModuleObject> module) {
  return std::make_unique<PreparedModule::Compiled>(
      PreparedModule::Compiled{module->GetCompiledModule()});
}

CompileError noRoom(std::uint64_t bytes) {
  return {CompileError::Kind::limit,
          "with its " + std::to_string((bytes >> 20) + 1) +
              " MiB of machine code, all versions together would have more than " +
              ByteSize(CodeBudget::kLimit).text() + ", for which the engine has no room",
          "remove apps, or build smaller modules"};
}

/// What machine code begins with that this process takes: V8's magic number, and hashes of its
/// version, the processor's features and its flags (V8's wasm-serialization.cc). Code that begins
/// otherwise V8 would compile anew.
constexpr std::size_t kHeaderSize = 16;

using Header = std::array<std::uint8_t, kHeaderSize>;

Header makeHeader(v8::Isolate* isolate) {
  constexpr std::uint8_t kModule[] = {0,    'a',  's',  'm',  1,    0,    0,    0,
                                      0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02,
                                      0x01, 0x00, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b};
  Header header{};
  v8::Local<v8::WasmModuleObject> module;
  if (v8::WasmModuleObject::Compile(isolate, {kModule, sizeof kModule}).ToLocal(&module)) {
    const v8::OwnedBuffer code = module->GetCompiledModule().Serialize();
    std::copy_n(code.buffer.get(), std::min(code.size, kHeaderSize), header.begin());
  }
  return header;
}

bool isForThisEngine(v8::Isolate* isolate, const NativeCode& code) {
  static const Header header = makeHeader(isolate);
  return code.size > kHeaderSize && std::equal(header.begin(), header.end(), code.data.get());
}

/// What came of restoring. Shared with V8's callbacks, which may outlive the call if it fails.
struct Restored {
  bool accepted = false;
  bool done = false;
  std::unique_ptr<PreparedModule::Compiled> module;
};

std::unique_ptr<PreparedModule::Compiled> restore(IsolateLock& lock,
                                                  std::span<const std::uint8_t> module,
                                                  const NativeCode& code) {
  const auto restored = std::make_shared<Restored>();
  v8::WasmModuleCompilation compilation;
  // Only with code in hand: V8 ends the process if there is a callback and no announcement.
  compilation.SetHasCompiledModuleBytes();
  compilation.OnBytesReceived(module.data(), module.size());
  compilation.Finish(
      lock.raw(),
      [&](v8::WasmStreaming::ModuleCachingInterface& caching) {
        restored->accepted = caching.SetCachedCompiledModuleBytes({code.data.get(), code.size});
      },
      [restored](std::variant<v8::Local<v8::WasmModuleObject>, v8::Local<v8::Value>> result) {
        restored->done = true;
        if (result.index() == 0) restored->module = keep(std::get<0>(result));
      });
  // V8 compiles what it did not accept. The isolate is about to go, and ends that.
  if (!restored->accepted) return nullptr;
  const auto deadline = std::chrono::steady_clock::now() + kRestoreTime;
  while (!restored->done && std::chrono::steady_clock::now() < deadline) {
    lock.guest().tasks().drain();
    if (!restored->done) std::this_thread::sleep_for(kRestorePause);
  }
  return std::move(restored->module);
}

}  // namespace

Result<CompiledCode, CompileError> InProcessCompiler::compile(IsolateLock& lock,
                                                              const ModuleToCompile& module) {
  CompiledCode compiled;
  const std::uint64_t charge = CodeBudget::chargeBeforeCompiling(module.codeSize, module.functions);
  compiled.code = engine_.code().tryTake(charge);
  if (!compiled.code) return noRoom(charge);
  v8::TryCatch tryCatch(lock.raw());
  v8::Local<v8::WasmModuleObject> object;
  if (!v8::WasmModuleObject::Compile(lock.raw(), {module.bytes.data(), module.bytes.size()})
           .ToLocal(&object)) {
    return CompileError{CompileError::Kind::invalid, tryCatch.HasCaught()
                                                         ? textOf(lock.raw(), tryCatch.Exception())
                                                         : "the engine refused it"};
  }
  compiled.module = keep(object);
  return compiled;
}

Result<CompiledCode, CompileError> RestoringCompiler::compile(IsolateLock& lock,
                                                              const ModuleToCompile& module) {
  auto native = native_.compile(module.bytes, module.name);
  if (native.has_value() && native->stored && !isForThisEngine(lock.raw(), *native)) {
    native_.forget(module.name);
    native = native_.compile(module.bytes, module.name);
  }
  if (native.has_error()) return native.error();
  CompiledCode compiled;
  compiled.stored = native->stored;
  const std::uint64_t charge = CodeBudget::chargeOf(native->size, module.functions);
  compiled.code = engine_.code().tryTake(charge);
  if (!compiled.code) return noRoom(charge);
  if (isForThisEngine(lock.raw(), *native)) compiled.module = restore(lock, module.bytes, *native);
  if (!compiled.module) {
    native_.forget(module.name);
    return CompileError{CompileError::Kind::failed,
                        "the engine does not take the machine code that was compiled for it",
                        "are daemon and compile child of the same build?"};
  }
  return compiled;
}

}  // namespace skiff
