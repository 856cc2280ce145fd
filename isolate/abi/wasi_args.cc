#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {
namespace {

/// Writes the strings at `textAddress` and pointers to them at `pointersAddress`.
Errno putStrings(GuestMemory& memory, const StringBlock& block, std::uint32_t pointersAddress,
                 std::uint32_t textAddress) {
  const auto& offsets = block.offsets();
  const auto pointers = memory.slice(pointersAddress, std::uint64_t{offsets.size()} * 4);
  if (!pointers || !memory.slice(textAddress, block.bytes().size())) return Errno::fault;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const std::uint32_t pointer = textAddress + offsets[i];
    std::memcpy(pointers->data() + i * 4, &pointer, sizeof pointer);
  }
  memory.write(textAddress, block.bytes());
  return Errno::success;
}

Errno putSizes(GuestMemory& memory, const StringBlock& block, std::uint32_t countAddress,
               std::uint32_t bytesAddress) {
  const auto count = static_cast<std::uint32_t>(block.offsets().size());
  const auto bytes = static_cast<std::uint32_t>(block.bytes().size());
  const bool stored = memory.store(countAddress, count) && memory.store(bytesAddress, bytes);
  return stored ? Errno::success : Errno::fault;
}

}  // namespace

Errno argsGet(HostContext& context, const std::uint32_t* slots) {
  const StringBlock& arguments = context.state<WasiState>().arguments();
  return putStrings(context.memory(), arguments, slots[0], slots[1]);
}

Errno argsSizesGet(HostContext& context, const std::uint32_t* slots) {
  const StringBlock& arguments = context.state<WasiState>().arguments();
  return putSizes(context.memory(), arguments, slots[0], slots[1]);
}

Errno environGet(HostContext& context, const std::uint32_t* slots) {
  const StringBlock& environment = context.state<WasiState>().environment();
  return putStrings(context.memory(), environment, slots[0], slots[1]);
}

Errno environSizesGet(HostContext& context, const std::uint32_t* slots) {
  const StringBlock& environment = context.state<WasiState>().environment();
  return putSizes(context.memory(), environment, slots[0], slots[1]);
}

}  // namespace skiff::wasi
