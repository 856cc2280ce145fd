#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_state.h"

/// No descriptor is ever a socket: no sockets are granted, and none can be opened.
namespace skiff::wasi {
namespace {

Errno notSocket(HostContext& context, std::uint32_t number) {
  return context.state<WasiState>().find(number) ? Errno::notsock : Errno::badf;
}

}  // namespace

Errno sockAccept(HostContext& context, const std::uint32_t* slots) {
  return notSocket(context, slots[0]);
}

Errno sockRecv(HostContext& context, const std::uint32_t* slots) {
  return notSocket(context, slots[0]);
}

Errno sockSend(HostContext& context, const std::uint32_t* slots) {
  return notSocket(context, slots[0]);
}

Errno sockShutdown(HostContext& context, const std::uint32_t* slots) {
  return notSocket(context, slots[0]);
}

}  // namespace skiff::wasi
