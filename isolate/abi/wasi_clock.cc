#include "isolate/abi/wasi_functions.h"

namespace skiff::wasi {
namespace {

std::optional<std::chrono::nanoseconds> readClock(GuestClock& guest, std::uint32_t clock) {
  if (clock == kRealtimeClock) return guest.realTime();
  if (clock == kMonotonicClock) return guest.monotonicTime();
  return std::nullopt;  // the clocks of CPU time are not granted
}

}  // namespace

Errno clockResGet(HostContext& context, const std::uint32_t* slots) {
  if (slots[0] != kRealtimeClock && slots[0] != kMonotonicClock) return Errno::inval;
  const auto nanoseconds = static_cast<std::uint64_t>(context.clock().resolution().count());
  return context.memory().store(slots[1], nanoseconds) ? Errno::success : Errno::fault;
}

Errno clockTimeGet(HostContext& context, const std::uint32_t* slots) {
  const auto now = readClock(context.clock(), slots[0]);
  if (!now) return Errno::inval;
  context.noteEntropy("the time");
  // slots[1] and [2] say how late the time may be: it never is.
  const auto nanoseconds = static_cast<std::uint64_t>(now->count());
  return context.memory().store(slots[3], nanoseconds) ? Errno::success : Errno::fault;
}

}  // namespace skiff::wasi
