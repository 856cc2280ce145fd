#include "isolate/prepared_module.h"

#include <v8.h>

#include <algorithm>
#include <cstring>

#include "isolate/compiled_module.h"
#include "isolate/compiler.h"
#include "isolate/guest_isolate.h"
#include "isolate/guest_place.h"
#include "isolate/instance.h"
#include "isolate/instance_budget.h"
#include "isolate/nursery.h"
#include "isolate/spare_instance.h"

namespace skiff {
namespace {

using wasm::ModuleError;

ModuleError refusal(std::string what, std::string advice = {}) {
  return ModuleError{std::move(what), std::nullopt, {}, std::move(advice)};
}

ModuleError transient(std::string what) {
  return ModuleError{std::move(what), std::nullopt, {}, {}, true};
}

/// Whether V8 finds the module valid as its author made it. What is appended to it would give a
/// meaning to references beyond its own functions, globals and types, so the rewritten module's
/// validity says too little: such a reference would reach what skiff keeps there.
bool isValid(IsolateLock& lock, std::span<const std::uint8_t> original) {
  v8::Isolate* const isolate = lock.raw();
  const v8::TryCatch tryCatch(isolate);
  const v8::Local<v8::Context> context = lock.context();
  v8::Local<v8::Value> webAssembly;
  v8::Local<v8::Value> validate;
  if (!context->Global()->Get(context, lock.guest().name("WebAssembly")).ToLocal(&webAssembly) ||
      !webAssembly->IsObject() ||
      !webAssembly.As<v8::Object>()
           ->Get(context, lock.guest().name("validate"))
           .ToLocal(&validate) ||
      !validate->IsFunction()) {
    return false;
  }
  const v8::Local<v8::ArrayBuffer> bytes = v8::ArrayBuffer::New(isolate, original.size());
  if (!original.empty()) std::memcpy(bytes->Data(), original.data(), original.size());
  v8::Local<v8::Value> arguments[] = {bytes};
  v8::Local<v8::Value> valid;
  const bool isTrue =
      validate.As<v8::Function>()->Call(context, webAssembly, 1, arguments).ToLocal(&valid) &&
      valid->IsTrue();
  // The isolate may live on, and would keep it until it collects garbage.
  bytes->Detach({}).Check();
  return isTrue;
}

/// What the one initialisation that makes the image may take.
constexpr std::chrono::seconds kInitCpu{2};
constexpr std::chrono::seconds kInitWall{10};

/// Compiles, instantiates on trial, initialises, and takes the image if there can be one.
class Trial {
 public:
  Trial(Engine& engine, Watchdog& watchdog, Compiler& compiler, const PrepareRequest& request)
      : isolate_(request.spares ? request.spares->nursery.take(request.limits.heap)
                                : std::make_unique<GuestIsolate>(engine)),
        place_(watchdog),
        compiler_(compiler) {}

  wasm::ModuleResult<void> run(PreparedModule& prepared, const PrepareRequest& request,
                               const ModuleToCompile& rewritten, bool isKnownValid) {
    using Clock = std::chrono::steady_clock;
    using std::chrono::duration_cast;
    IsolateLock lock(place_.seat(), *isolate_);
    if (!isKnownValid && !isValid(lock, request.bytes)) {
      return compileRefusal(lock, request, rewritten,
                            {CompileError::Kind::invalid, "the engine refused it"});
    }
    const auto start = Clock::now();
    auto code = compiler_.compile(lock, rewritten);
    if (code.has_error()) return compileRefusal(lock, request, rewritten, code.error());
    const auto compiled = Clock::now();
    prepared.compileTime = duration_cast<std::chrono::microseconds>(compiled - start);
    prepared.stored = code->stored;
    prepared.code = std::move(code->code);
    prepared.compiled = std::move(code->module);

    if (!request.trial) return {};
    v8::Local<v8::WasmModuleObject> module;
    if (!v8::WasmModuleObject::FromCompiledModule(lock.raw(), prepared.compiled->module)
             .ToLocal(&module)) {
      return transient("no room for the module");
    }
    auto instance = Instance::create(lock, module, prepared);
    if (instance.has_error()) {
      const InstanceError& error = instance.error();
      return error.reason == Reason::overloaded ? transient(error.message) : refusal(error.message);
    }
    HostContext context(prepared.settings, systemEnvironment(), nullptr);
    std::chrono::nanoseconds initCpu{};
    const auto initialised =
        (*instance)->initialise(lock, context, place_.thread(), {kInitCpu, kInitWall}, initCpu);
    if (initialised.has_error()) return refusal(initialised.error().message);
    prepared.initTime = duration_cast<std::chrono::microseconds>(Clock::now() - compiled);

    prepared.features = context.features();
    if (request.snapshot == Snapshot::automatic && !context.entropy().empty()) {
      prepared.whyNoImage = "it asks for " + std::string(context.entropy()) +
                            " while it initialises, so each request gets an instance that is "
                            "initialised anew";
    } else if (request.snapshot == Snapshot::automatic && context.outlastsInitialisation()) {
      prepared.whyNoImage =
          "it keeps files open, or files in /tmp, from its initialisation, so each request gets an "
          "instance that is initialised anew";
    }
    if (!prepared.whyNoImage.empty()) {
      if (initCpu > prepared.limits.cpu) {
        return refusal(prepared.whyNoImage + ", and that takes more CPU time than a request may",
                       "initialise less, or raise cpu_ms");
      }
      return {};
    }
    auto image = (*instance)->capture(lock);
    if (image.has_error()) return transient(image.error().message);
    prepared.image = std::move(*image);
    if (request.spares && request.spares->budget.acquire()) {
      spare_ = std::make_unique<SpareInstance>(request.spares->budget);
      spare_->module.Reset(lock.raw(), module);
      spare_->instance = std::move(*instance);
    }
    return {};
  }

  /// Its instance, if it may be kept: the last call.
  std::unique_ptr<SpareInstance> takeSpare() {
    if (!spare_) return nullptr;
    place_.seat().leave();
    spare_->isolate = std::move(isolate_);
    return std::move(spare_);
  }

 private:
  ModuleError compileRefusal(IsolateLock& lock, const PrepareRequest& request,
                             const ModuleToCompile& rewritten, CompileError error) {
    if (error.kind == CompileError::Kind::stopped) return transient(std::move(error.what));
    if (error.kind != CompileError::Kind::invalid) {
      return refusal(std::move(error.what), std::move(error.advice));
    }
    // Offsets in the message are those of the rewritten module; the original's say more.
    const auto original = compiler_.compile(
        lock,
        {request.bytes, rewritten.codeSize, rewritten.functions, compiler_.nameOf(request.bytes)});
    if (original.has_error() && original.error().kind == CompileError::Kind::invalid) {
      error = original.error();
    }
    return refusal("not a valid module: " + error.what, "check it with wasm-validate");
  }

  std::unique_ptr<GuestIsolate> isolate_;
  GuestPlace place_;
  Compiler& compiler_;
  std::unique_ptr<SpareInstance> spare_;  ///< without its isolate
};

}  // namespace

PreparedModule::PreparedModule() = default;
PreparedModule::~PreparedModule() = default;

std::unique_ptr<SpareInstance> PreparedModule::takeSpare() const {
  const std::lock_guard lock(spareMutex_);
  return std::move(spare_);
}

void PreparedModule::setSpare(std::unique_ptr<SpareInstance> spare) const {
  const std::lock_guard lock(spareMutex_);
  spare_ = std::move(spare);
}

wasm::ModuleResult<std::shared_ptr<const PreparedModule>> prepareModule(Engine& engine,
                                                                        Watchdog& watchdog,
                                                                        Compiler& compiler,
                                                                        PrepareRequest request) {
  auto plan =
      planModule(request.bytes, request.sourceMap, {request.maxModule, request.limits.memory});
  if (plan.has_error()) return plan.error();
  plan->codeName = compiler.nameOf(plan->bytes);
  return prepareModule(engine, watchdog, compiler, std::move(request), std::move(*plan));
}

wasm::ModuleResult<std::shared_ptr<const PreparedModule>> prepareModule(Engine& engine,
                                                                        Watchdog& watchdog,
                                                                        Compiler& compiler,
                                                                        PrepareRequest request,
                                                                        ModulePlan plan) {
  auto prepared = std::make_shared<PreparedModule>();
  prepared->digest = std::move(request.digest);
  prepared->settings = std::move(request.settings);
  prepared->limits = request.limits;
  prepared->reuse = request.reuse;
  prepared->abi = plan.abi;
  prepared->grows = plan.grows;
  prepared->signalAddress = plan.signalAddress;
  prepared->mayWait = plan.mayWait;
  prepared->repeatable = !prepared->settings.hasOrigin && prepared->settings.directories.empty() &&
                         prepared->reuse == Reuse::pristine;
  prepared->savedGlobals = plan.savedGlobals;
  prepared->initialMemory = plan.initialMemory;
  prepared->entries = std::move(plan.entries);
  prepared->heapBytes = plan.heapBytes;
  prepared->initialisers = std::move(plan.initialisers);
  prepared->symbols = std::move(plan.symbols);
  prepared->whyNoImage = std::move(plan.notResettable);
  if (request.snapshot == Snapshot::never) prepared->whyNoImage = "snapshot = \"never\"";

  Trial trial(engine, watchdog, compiler, request);
  const auto tried = trial.run(
      *prepared, request, {plan.bytes, plan.codeSize, plan.functions, std::move(plan.codeName)},
      plan.isKnownValid);
  if (tried.has_error()) return tried.error();
  prepared->setSpare(trial.takeSpare());
  return std::shared_ptr<const PreparedModule>(std::move(prepared));
}

}  // namespace skiff
