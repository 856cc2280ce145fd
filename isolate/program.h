#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "config/result.h"
#include "isolate/abi/wasi_process.h"
#include "isolate/guest_settings.h"
#include "isolate/host_context.h"
#include "quota/reason.h"

namespace skiff {

class Engine;

/// A WASI command module to run once, standalone: without server, request or pool, on the code that
/// serves requests.
struct Program {
  static constexpr ByteSize kMaxModule = 1_GiB;

  std::span<const std::uint8_t> bytes;
  /// Arguments, directories, memory limit; its log takes what `process` does not.
  GuestSettings settings;
  std::chrono::nanoseconds cpu = std::chrono::hours(24 * 365);
};

struct ProgramEnd {
  /// `none` if it returned or called proc_exit: then `exitCode` is its own.
  Reason reason = Reason::none;
  int exitCode = 0;
  std::string message;  ///< what happened, if there is a reason; then lines of the stack
};

/// Compiles the module and runs it to its end on the calling thread, which waits where the program
/// does (`wait`). Error: why the module cannot be run.
Result<ProgramEnd> runProgram(Engine& engine, Program program, WasiProcess& process,
                              BlockingWait& wait);

}  // namespace skiff
