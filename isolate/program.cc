#include "isolate/program.h"

#include "isolate/abi/cgi_abi.h"
#include "isolate/abi/wasi_state.h"
#include "isolate/compiled_module.h"
#include "isolate/compiler.h"
#include "isolate/guest_call.h"
#include "isolate/guest_interruption.h"
#include "isolate/guest_isolate.h"
#include "isolate/guest_place.h"
#include "isolate/instance.h"
#include "isolate/prepared_module.h"
#include "isolate/wasm/stack_text.h"

namespace skiff {
namespace {

constexpr std::chrono::hours kNoDeadline(24 * 365);
constexpr std::uint8_t kStartEntry = 0;  // of the CGI ABI, whose entry is a command's `_start`

ProgramEnd endOf(GuestCall::State state, const GuestCall& call, const HostContext& context,
                 Reason terminated, bool heapExhausted) {
  if (heapExhausted) return {Reason::memoryLimit, 0, "the program filled the engine's heap"};
  switch (state) {
    case GuestCall::State::returned:
      return {};
    case GuestCall::State::ended: {
      const HostContext::Ending& ending = *context.ending();
      if (ending.kind == HostContext::Ending::Kind::exit) {
        return {Reason::none, ending.exitCode, {}};
      }
      if (ending.kind == HostContext::Ending::Kind::memoryLimit) {
        return {Reason::memoryLimit, 0,
                "the program's memory and its /tmp together are over its memory limit"};
      }
      return {Reason::guestTrap, 0, ending.message};
    }
    case GuestCall::State::trapped:
      return {Reason::guestTrap, 0, call.trap()};
    default:
      return {terminated == Reason::none ? Reason::cpuLimit : terminated, 0,
              "the program used up its CPU time"};
  }
}

/// Runs `_start`.
ProgramEnd start(IsolateLock& lock, const PreparedModule& module, Instance& instance,
                 HostContext& context, GuestThread& thread, std::chrono::nanoseconds cpu) {
  GuestCall call(context);
  thread.begin({.cpu = cpu,
                .deadline = std::chrono::steady_clock::time_point::max(),
                .interrupt = interruptGuest,
                .target = lock.raw()});
  const GuestCall::State state =
      call.enter(lock, thread, instance.entry(lock, kStartEntry, GuestCall::Entry::plain), {},
                 GuestCall::Entry::plain);
  const ActivationReport report = thread.end();
  lock.raw()->CancelTerminateExecution();
  ProgramEnd end = endOf(state, call, context, report.terminated, lock.guest().takeHeapExhausted());
  if (end.reason != Reason::none) {
    for (const std::string& line : wasm::stackLines(module.symbols, call.takeStack())) {
      end.message += "\n    " + line;
    }
  }
  return end;
}

}  // namespace

Result<ProgramEnd> runProgram(Engine& engine, Program program, WasiProcess& process,
                              BlockingWait& wait) {
  Watchdog watchdog;
  PrepareRequest request;
  request.bytes = program.bytes;
  request.settings = std::move(program.settings);
  request.limits.memory = request.settings.memory;
  request.maxModule = Program::kMaxModule;
  request.trial = false;
  // A process of its own, whose memory is the caller's to bound.
  InProcessCompiler compiler(engine);
  const auto prepared = prepareModule(engine, watchdog, compiler, std::move(request));
  if (prepared.has_error()) return Error{prepared.error().text()};
  const PreparedModule& module = **prepared;
  if (module.abi != &cgiAbi()) {
    return Error{
        "it is a handler, which only serves requests: give it to skiffd; wasi-run runs programs "
        "that export _start"};
  }

  GuestIsolate isolate(engine);
  GuestPlace place(watchdog);
  IsolateLock lock(place.seat(), isolate);
  v8::Local<v8::WasmModuleObject> compiled;
  if (!v8::WasmModuleObject::FromCompiledModule(lock.raw(), module.compiled->module)
           .ToLocal(&compiled)) {
    return Error{"no room for the module"};
  }
  const auto instance = Instance::create(lock, compiled, module);
  if (instance.has_error()) return Error{instance.error().message};

  HostContext context(module.settings, systemEnvironment(), nullptr);
  context.setBlockingWait(&wait);
  context.state<wasi::WasiState>().connect(process);
  std::chrono::nanoseconds used{};
  const auto initialised =
      (*instance)->initialise(lock, context, place.thread(), {program.cpu, kNoDeadline}, used);
  if (context.ending() && context.ending()->kind == HostContext::Ending::Kind::exit) {
    return ProgramEnd{Reason::none, context.ending()->exitCode, {}};
  }
  if (initialised.has_error()) {
    return ProgramEnd{initialised.error().reason, 0, initialised.error().message};
  }
  const auto saved = (*instance)->saveGlobals(lock);
  if (saved.has_error()) return Error{saved.error().message};
  return start(lock, module, **instance, context, place.thread(), program.cpu - used);
}

}  // namespace skiff
