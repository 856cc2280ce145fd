#include "isolate/abi/wasi_functions.h"

namespace skiff::wasi {
namespace {

/// Of both clocks: Linux counts them in nanoseconds.
constexpr std::uint64_t kResolution = 1;

std::optional<std::chrono::nanoseconds> readClock(HostEnvironment& environment,
                                                  std::uint32_t clock) {
  if (clock == kRealtimeClock) return environment.realTime();
  if (clock == kMonotonicClock) return environment.monotonicTime();
  return std::nullopt;  // the clocks of CPU time are not granted
}

}  // namespace

Errno clockResGet(HostContext& context, const std::uint32_t* slots) {
  if (slots[0] != kRealtimeClock && slots[0] != kMonotonicClock) return Errno::inval;
  return context.memory().store(slots[1], kResolution) ? Errno::success : Errno::fault;
}

Errno clockTimeGet(HostContext& context, const std::uint32_t* slots) {
  const auto now = readClock(context.environment(), slots[0]);
  if (!now) return Errno::inval;
  context.noteEntropy("the time");
  // slots[1] and [2] say how late the time may be: it never is.
  const auto nanoseconds = static_cast<std::uint64_t>(now->count());
  return context.memory().store(slots[3], nanoseconds) ? Errno::success : Errno::fault;
}

}  // namespace skiff::wasi
