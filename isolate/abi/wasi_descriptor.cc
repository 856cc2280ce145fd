#include "isolate/abi/wasi_descriptor.h"

#include <array>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {
namespace {

/// Flags that are fixed when a file is opened.
constexpr std::uint16_t kOpenFlags = kDsync | kRsync | kSync;

}  // namespace

Errno fdClose(HostContext& context, const std::uint32_t* slots) {
  return context.state<WasiState>().close(slots[0]) ? Errno::success : Errno::badf;
}

Errno fdRenumber(HostContext& context, const std::uint32_t* slots) {
  return context.state<WasiState>().renumber(slots[0], slots[1]) ? Errno::success : Errno::badf;
}

Errno fdFdstatGet(HostContext& context, const std::uint32_t* slots) {
  WasiState& state = context.state<WasiState>();
  const Descriptor* descriptor = state.find(slots[0]);
  if (!descriptor) return Errno::badf;
  std::array<std::byte, kFdstatSize> stat{};
  const auto type = static_cast<std::uint8_t>(state.typeOf(*descriptor));
  std::memcpy(&stat[0], &type, sizeof type);
  std::memcpy(&stat[2], &descriptor->flags, sizeof descriptor->flags);
  std::memcpy(&stat[8], &descriptor->rights, sizeof descriptor->rights);
  std::memcpy(&stat[16], &descriptor->inheriting, sizeof descriptor->inheriting);
  return context.memory().write(slots[1], stat) ? Errno::success : Errno::fault;
}

Errno fdFdstatSetFlags(HostContext& context, const std::uint32_t* slots) {
  Descriptor* descriptor = context.state<WasiState>().find(slots[0]);
  if (!descriptor) return Errno::badf;
  if (!(descriptor->rights & kFdFdstatSetFlags)) return Errno::notcapable;
  if (slots[1] & ~std::uint32_t{kAllFdFlags}) return Errno::inval;
  const auto flags = static_cast<std::uint16_t>(slots[1]);

  if (descriptor->kind == Descriptor::Kind::file) {
    // Linux cannot change them on an open file: clearing them is harmless, setting them is not.
    if (flags & kOpenFlags & ~descriptor->flags) return Errno::notsup;
    const Errno error = descriptor->file->setAppend(flags & kAppend);
    if (error != Errno::success) return error;
    descriptor->flags = static_cast<std::uint16_t>(flags | (descriptor->flags & kOpenFlags));
    context.state<WasiState>().noteChange();
    return Errno::success;
  }
  descriptor->flags = flags;
  context.state<WasiState>().noteChange();
  return Errno::success;
}

Errno fdFdstatSetRights(HostContext& context, const std::uint32_t* slots) {
  Descriptor* descriptor = context.state<WasiState>().find(slots[0]);
  if (!descriptor) return Errno::badf;
  const Rights rights = slot64(slots + 1);
  const Rights inheriting = slot64(slots + 3);
  const bool grows = (rights & ~descriptor->rights) || (inheriting & ~descriptor->inheriting);
  if (grows) return Errno::notcapable;
  context.state<WasiState>().noteChange();
  descriptor->rights = rights;
  descriptor->inheriting = inheriting;
  return Errno::success;
}

}  // namespace skiff::wasi
