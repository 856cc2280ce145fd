#include "isolate/program.h"

#include "isolate/abi/cgi_abi.h"
#include "isolate/abi/wasi_state.h"
#include "isolate/compiled_module.h"
#include "isolate/guest_call.h"
#include "isolate/guest_interruption.h"
#include "isolate/guest_isolate.h"
#include "isolate/instance.h"
#include "isolate/prepared_module.h"
#include "isolate/wasm/stack_text.h"
#include "quota/watchdog.h"

namespace skiff {
namespace {

constexpr ByteSize kMaxModule = 1_GiB;
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

}  // namespace

Result<ProgramEnd> runProgram(Engine& engine, Program program, WasiProcess& process,
                              BlockingWait& wait) {
  Watchdog watchdog;
  PrepareRequest request;
  request.bytes = program.bytes;
  request.settings = std::move(program.settings);
  request.limits.memory = request.settings.memory;
  request.maxModule = kMaxModule;
  const auto prepared = prepareModule(engine, watchdog, std::move(request));
  if (prepared.has_error()) return Error{prepared.error().text()};
  const PreparedModule& module = **prepared;
  if (module.abi != &cgiAbi()) {
    return Error{
        "it is a handler, which only serves requests: give it to skiffd; wasi-run runs programs "
        "that export _start"};
  }

  GuestThread thread;
  thread.bind();
  watchdog.add(thread);
  GuestIsolate isolate(engine);
  IsolateSeat seat;
  ProgramEnd end;
  {
    IsolateLock lock(seat, isolate);
    v8::Local<v8::WasmModuleObject> compiled;
    InstanceTimes times;
    if (!v8::WasmModuleObject::FromCompiledModule(lock.raw(), module.compiled->module)
             .ToLocal(&compiled)) {
      return Error{"no room for the module"};
    }
    const auto instance =
        Instance::createPristine(lock, compiled, module, ResetMode::fresh, {}, thread, times);
    if (instance.has_error()) return Error{instance.error().message};

    HostContext context(module.settings, systemEnvironment(), nullptr);
    context.setMemory(GuestMemory(**instance));
    context.setBlockingWait(&wait);
    context.state<wasi::WasiState>().connect(process);
    GuestCall call(context);
    GuestInterruption interruption{lock.raw(), thread};
    thread.begin({.cpu = program.cpu,
                  .deadline = std::chrono::steady_clock::time_point::max(),
                  .terminate = GuestInterruption::send,
                  .target = &interruption});
    const GuestCall::State state =
        call.enter(lock, (*instance)->entry(lock, kStartEntry, GuestCall::Entry::plain), {},
                   GuestCall::Entry::plain);
    const ActivationReport report = thread.end();
    lock.raw()->CancelTerminateExecution();
    end = endOf(state, call, context, report.terminated, lock.guest().takeHeapExhausted());
    if (end.reason != Reason::none) {
      for (const std::string& line : wasm::stackLines(module.symbols, call.takeStack())) {
        end.message += "\n    " + line;
      }
    }
  }
  seat.leave();
  watchdog.remove(thread);
  return end;
}

}  // namespace skiff
