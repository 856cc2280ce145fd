#include "isolate/instance.h"

#include <sys/mman.h>

#include "isolate/guest_interruption.h"
#include "isolate/wasm/stack_text.h"
#include "quota/cycle_clock.h"

namespace skiff {
namespace {

constexpr std::size_t kWasmPage = 65536;
constexpr std::string_view kNoMemoryLeft =
    "another instance would exceed its app's or its tenant's memory_total";

std::string describe(v8::Isolate* isolate, const v8::TryCatch& tryCatch,
                     std::string_view fallback) {
  if (!tryCatch.HasCaught() || tryCatch.Exception().IsEmpty()) return std::string(fallback);
  const v8::String::Utf8Value text(isolate, tryCatch.Exception());
  return *text ? std::string(*text, text.length()) : std::string(fallback);
}

/// Why the watchdog ended an initialisation.
std::string tookTooMuch(Reason reason) {
  switch (reason) {
    case Reason::wallLimit:
      return " took too much wall time while initialising";
    case Reason::overloaded:
      return " held up its shard while initialising, and its tenant has as many threads beside the "
             "shards as it may";
    default:
      return " took too much CPU time while initialising";
  }
}

}  // namespace

Instance::~Instance() {
  if (!memory_.IsEmpty()) discardMemory();
}

InstanceResult<std::unique_ptr<Instance>> Instance::create(IsolateLock& lock,
                                                           v8::Local<v8::WasmModuleObject> module,
                                                           const PreparedModule& prepared,
                                                           std::shared_ptr<AppQuota> quota) {
  v8::Isolate* const isolate = lock.raw();
  v8::TryCatch tryCatch(isolate);
  std::unique_ptr<Instance> instance(new Instance(lock.guest(), prepared, std::move(quota)));
  if (!instance->takeFromTotal(prepared.instanceMemory())) {
    return InstanceError{Reason::memoryLimit, std::string(kNoMemoryLeft), false};
  }
  v8::Local<v8::Object> object;
  v8::Local<v8::Value> exports;
  v8::Local<v8::Value> memory;
  if (!lock.guest().instantiate(module).ToLocal(&object) ||
      !object->Get(lock.context(), lock.guest().name("exports")).ToLocal(&exports) ||
      !exports.As<v8::Object>()
           ->Get(lock.context(), lock.guest().name("memory"))
           .ToLocal(&memory) ||
      !memory->IsWasmMemoryObject()) {
    const std::string why = describe(isolate, tryCatch, "no room");
    const bool isRefused = tryCatch.HasCaught() && why.find("Out of memory") == why.npos;
    return InstanceError{isRefused ? Reason::guestTrap : Reason::overloaded,
                         "cannot instantiate: " + why};
  }
  instance->exports_.Reset(isolate, exports.As<v8::Object>());
  instance->memory_.Reset(isolate, memory.As<v8::WasmMemoryObject>());
  for (std::size_t i = 0; i < prepared.entries.size() && i < kMaxEntries; ++i) {
    if (!prepared.entries[i]) continue;
    v8::Local<v8::Function> function;
    if (!instance->exportedFunction(lock, std::string(wasm::kEntryPrefix) + std::to_string(i))
             .ToLocal(&function)) {
      return InstanceError{Reason::overloaded, "cannot reach an entry point: " +
                                                   describe(isolate, tryCatch, "not exported")};
    }
    instance->plainEntries_[i].Reset(isolate, function);
  }
  if (prepared.grows && !instance->connectGrowth(lock)) {
    return InstanceError{Reason::overloaded, "cannot connect the memory's growth"};
  }
  const std::span<std::byte> bytes = instance->currentMemory();
  instance->base_ = bytes.data();
  instance->initialSize_ = bytes.size();
  return instance;
}

InstanceResult<std::unique_ptr<Instance>> Instance::createPristine(
    IsolateLock& lock, v8::Local<v8::WasmModuleObject> module, const PreparedModule& prepared,
    ShardEngine& shard, const HotPages& hot, InstanceTimes& times) {
  const std::uint64_t start = readCycles();
  const std::chrono::nanoseconds startCpu = threadCpuTime();
  auto made = create(lock, module, prepared, prepared.settings.quota);
  // The engine's work for this module's sake: the request that needs the instance pays for it.
  times.initCpu = threadCpuTime() - startCpu;
  const std::uint64_t instantiated = readCycles();
  times.instantiate = cyclesToTime(instantiated - start);
  if (made.has_error()) return made;
  if (prepared.image) {
    const auto attached = (*made)->attachImage(lock, *prepared.image, shard.reset(), hot);
    if (attached.has_error()) {
      return InstanceError{Reason::overloaded, attached.error().message};
    }
  } else {
    auto context = std::make_unique<HostContext>(prepared.settings, systemEnvironment(), nullptr);
    context->setOnShard();
    const auto initialised = (*made)->initialise(
        lock, *context, ShardEngine::thread(),
        {prepared.limits.cpu, prepared.limits.wall, prepared.settings.quota.get(), &shard.ends()},
        times.initCpu);
    if (initialised.has_error()) return initialised.error();
    const auto saved = (*made)->saveGlobals(lock);
    if (saved.has_error()) return InstanceError{Reason::overloaded, saved.error().message};
    if (context->outlastsInitialisation()) (*made)->initialContext_ = std::move(context);
  }
  (*made)->mayHaveGrown_ = (*made)->currentMemory().size() != (*made)->initialSize_;
  times.init = cyclesToTime(readCycles() - instantiated);
  return made;
}

InstanceResult<std::unique_ptr<Instance>> Instance::adopt(IsolateLock& lock,
                                                          std::unique_ptr<Instance> tried,
                                                          ShardEngine& shard, const HotPages& hot,
                                                          InstanceTimes& times) {
  const std::uint64_t start = readCycles();
  const std::chrono::nanoseconds startCpu = threadCpuTime();
  const PreparedModule& prepared = tried->prepared_;
  // The trial was nobody's; from now on it is its app's.
  tried->charge_.emplace(prepared.settings.quota);
  if (!tried->takeFromTotal(prepared.instanceMemory())) {
    return InstanceError{Reason::memoryLimit, std::string(kNoMemoryLeft)};
  }
  const auto attached = tried->attachImage(lock, *prepared.image, shard.reset(), hot);
  if (attached.has_error()) return InstanceError{Reason::overloaded, attached.error().message};
  times.initCpu = threadCpuTime() - startCpu;
  times.init = cyclesToTime(readCycles() - start);
  return tried;
}

bool Instance::connectGrowth(IsolateLock& lock) {
  v8::Local<v8::Value> global;
  return exports_.Get(lock.raw())
             ->Get(lock.context(), lock.guest().name(wasm::kMayGrowGlobal))
             .ToLocal(&global) &&
         global->IsObject() &&
         global.As<v8::Object>()
             ->Set(lock.context(), lock.guest().name("value"), lock.guest().mayGrow())
             .FromMaybe(false);
}

v8::Local<v8::Function> Instance::entry(IsolateLock& lock, std::uint8_t index,
                                        GuestCall::Entry kind) {
  const v8::Local<v8::Function> plain = plainEntries_[index].Get(lock.raw());
  if (kind == GuestCall::Entry::plain) return plain;
  v8::Global<v8::Function>& suspendable = suspendableEntries_[index];
  if (suspendable.IsEmpty()) {
    suspendable.Reset(lock.raw(), lock.guest().promising(plain).ToLocalChecked());
  }
  return suspendable.Get(lock.raw());
}

v8::MaybeLocal<v8::Function> Instance::exportedFunction(IsolateLock& lock,
                                                        std::string_view name) const {
  v8::Local<v8::Value> value;
  if (!exports_.Get(lock.raw())->Get(lock.context(), lock.guest().name(name)).ToLocal(&value) ||
      !value->IsFunction()) {
    return {};
  }
  return value.As<v8::Function>();
}

std::span<std::byte> Instance::currentMemory() {
  if (!mayHaveGrown_) return {base_, initialSize_};
  const v8::HandleScope scope(isolate_.raw());
  const v8::Local<v8::ArrayBuffer> buffer = memory_.Get(isolate_.raw())->Buffer();
  return {static_cast<std::byte*>(buffer->Data()), buffer->ByteLength()};
}

InstanceResult<void> Instance::initialise(IsolateLock& lock, HostContext& context,
                                          GuestThread& thread, const InitBudget& budget,
                                          std::chrono::nanoseconds& cpu) {
  context.setMemory(GuestMemory(*this));
  const auto start = std::chrono::steady_clock::now();
  const auto deadline =
      start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(budget.wall);
  StackOffsets stack;
  const auto failed = [&](Reason reason, const std::string& name, const std::string& what) {
    std::string message = name + what;
    for (const std::string& line : wasm::stackLines(prepared_.symbols, stack)) {
      message += "\n    " + line;
    }
    return InstanceError{reason, std::move(message)};
  };
  for (const std::string& name : prepared_.initialisers) {
    v8::Local<v8::Function> function;
    if (!exportedFunction(lock, name).ToLocal(&function)) {
      return failed(Reason::overloaded, name, " is not exported");
    }
    GuestCall call(context);
    v8::Isolate* const isolate = lock.raw();
    thread.begin({.cpu = budget.cpu,
                  .used = cpu,
                  .deadline = deadline,
                  .quota = budget.quota,
                  .start = start,
                  .ends = budget.ends,
                  .interrupt = interruptGuest,
                  .target = isolate});
    const GuestCall::State state = call.enter(lock, thread, function, {}, GuestCall::Entry::plain);
    const ActivationReport report = thread.end();
    cpu += report.cpu;
    stack = call.takeStack();
    isolate->CancelTerminateExecution();
    if (lock.guest().takeHeapExhausted()) {
      return failed(Reason::memoryLimit, name, " filled the engine's heap while initialising");
    }
    if (report.terminated != Reason::none) {
      return failed(report.terminated, name, tookTooMuch(report.terminated));
    }
    if (state == GuestCall::State::returned) continue;
    if (state == GuestCall::State::ended && context.ending()) {
      const HostContext::Ending& ending = *context.ending();
      if (ending.kind == HostContext::Ending::Kind::trap) {
        return failed(Reason::guestTrap, name, " failed while initialising: " + ending.message);
      }
      // A handler's `_start` is a main() that registers the handler; some toolchains end it so.
      if (name == "_start" && ending.exitCode == 0) break;
      return failed(Reason::guestExit, name,
                    " exited while initialising, with code " + std::to_string(ending.exitCode));
    }
    return failed(Reason::guestTrap, name, " trapped while initialising: " + call.trap());
  }
  return {};
}

Result<void> Instance::saveGlobals(IsolateLock& lock) {
  if (prepared_.savedGlobals == 0) return {};
  v8::Local<v8::Function> save;
  if (!exportedFunction(lock, wasm::kSaveGlobals).ToLocal(&save) ||
      save->Call(lock.context(), v8::Undefined(lock.raw()), 0, nullptr).IsEmpty()) {
    return Error{"cannot save the globals"};
  }
  return {};
}

Result<PristineImage> Instance::capture(IsolateLock& lock) {
  PristineImage image;
  auto memory = MemoryImage::capture(currentMemory());
  if (memory.has_error()) return memory.error();
  image.memory = *memory;
  if (prepared_.savedGlobals == 0) return image;

  v8::Local<v8::Function> get;
  if (!exportedFunction(lock, wasm::kGetGlobal).ToLocal(&get)) {
    return Error{"the accessor of globals is not exported"};
  }
  for (std::uint32_t index = 0; index < prepared_.savedGlobals; ++index) {
    std::array<std::uint64_t, 2> halves{};
    for (std::uint32_t half = 0; half < 2; ++half) {
      v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(lock.raw(), index),
                                          v8::Integer::NewFromUnsigned(lock.raw(), half)};
      v8::Local<v8::Value> bits;
      if (!get->Call(lock.context(), v8::Undefined(lock.raw()), 2, arguments).ToLocal(&bits) ||
          !bits->IsBigInt()) {
        return Error{"cannot read a global"};
      }
      halves[half] = bits.As<v8::BigInt>()->Uint64Value();
    }
    image.globals.push_back(halves);
  }
  return image;
}

bool Instance::growTo(IsolateLock& lock, std::size_t bytes) {
  const std::size_t size = currentMemory().size();
  if (size >= bytes) return size == bytes;
  v8::Local<v8::Value> grow;
  const v8::Local<v8::WasmMemoryObject> memory = memory_.Get(lock.raw());
  if (!memory->Get(lock.context(), lock.guest().name("grow")).ToLocal(&grow) ||
      !grow->IsFunction()) {
    return false;
  }
  v8::Local<v8::Value> pages[] = {v8::Integer::NewFromUnsigned(
      lock.raw(), static_cast<std::uint32_t>((bytes - size) / kWasmPage))};
  return !grow.As<v8::Function>()->Call(lock.context(), memory, 1, pages).IsEmpty() &&
         currentMemory().size() == bytes;
}

bool Instance::setGlobals(IsolateLock& lock, const PristineImage& image) {
  if (image.globals.empty()) return true;
  v8::Local<v8::Function> set;
  if (!exportedFunction(lock, wasm::kSetGlobal).ToLocal(&set)) return false;
  for (std::size_t index = 0; index < image.globals.size(); ++index) {
    v8::Local<v8::Value> arguments[] = {
        v8::Integer::NewFromUnsigned(lock.raw(), static_cast<std::uint32_t>(index)),
        v8::BigInt::NewFromUnsigned(lock.raw(), image.globals[index][0]),
        v8::BigInt::NewFromUnsigned(lock.raw(), image.globals[index][1])};
    if (set->Call(lock.context(), v8::Undefined(lock.raw()), 3, arguments).IsEmpty()) return false;
  }
  return true;
}

Result<void> Instance::attachImage(IsolateLock& lock, const PristineImage& image, ResetMode mode,
                                   const HotPages& hot) {
  v8::TryCatch tryCatch(lock.raw());
  if (!growTo(lock, image.memory->size()) || !setGlobals(lock, image)) {
    return Error{"cannot clone the pristine instance: " +
                 describe(lock.raw(), tryCatch, "no memory of that size")};
  }
  initialSize_ = image.memory->size();
  base_ = currentMemory().data();
  if (initialSize_ == 0 || mode == ResetMode::fresh) {
    // Nothing to map, or each request gets a new instance: a plain copy does.
    if (initialSize_ != 0) std::memcpy(base_, image.memory->data(), initialSize_);
    return {};
  }
  auto tracked = TrackedMemory::attach(image.memory, base_, mode, hot);
  if (tracked.has_error()) return tracked.error();
  tracked_ = std::move(*tracked);
  return {};
}

void Instance::discardMemory() {
  const std::span<std::byte> memory = currentMemory();
  if (!memory.empty()) (void)::madvise(memory.data(), memory.size(), MADV_DONTNEED);
}

bool Instance::resetsQuickly() {
  constexpr std::size_t kLittle = std::size_t{4} << 20;
  const std::size_t size = currentMemory().size();
  return size <= kLittle || (size == initialSize_ && tracked_ && tracked_->resetsQuickly());
}

ResetHow Instance::reset() {
  if (currentMemory().size() != initialSize_) return ResetHow::none;
  mayHaveGrown_ = false;
  if (initialSize_ == 0 && prepared_.image) return ResetHow::hot;
  if (!tracked_) return ResetHow::none;
  return tracked_->reset();
}

}  // namespace skiff
