#include <array>
#include <cstring>
#include <string>

#include "isolate/abi/wasi_file_call.h"
#include "isolate/abi/wasi_functions.h"

namespace skiff::wasi {
namespace {

/// Largest buffer that fd_readdir fills: a short answer means the directory's end, so it cannot
/// stop early.
constexpr std::uint32_t kMaxReaddir = 1 << 20;

/// An entry as it stands in the guest's buffer.
void putEntry(std::string& into, const DirectoryEntry& entry) {
  std::array<char, kDirentSize> head{};
  const auto size = static_cast<std::uint32_t>(entry.name.size());
  std::memcpy(&head[0], &entry.next, sizeof entry.next);
  std::memcpy(&head[8], &entry.inode, sizeof entry.inode);
  std::memcpy(&head[16], &size, sizeof size);
  std::memcpy(&head[20], &entry.type, sizeof entry.type);
  into.append(head.data(), head.size()).append(entry.name);
}

/// Entries behind `cookie` until `size` bytes are full; the last one may be cut.
FileOutcome listEntries(File& directory, std::uint64_t cookie, std::size_t size) {
  FileOutcome outcome;
  if (size == 0) return outcome;
  outcome.error = directory.list(cookie, [&](const DirectoryEntry& entry) {
    putEntry(outcome.text, entry);
    return outcome.text.size() < size;
  });
  if (outcome.text.size() > size) outcome.text.resize(size);
  return outcome;
}

}  // namespace

Errno fdPrestatGet(HostContext& context, const std::uint32_t* slots) {
  const Descriptor* descriptor = context.state<WasiState>().find(slots[0]);
  if (!descriptor || !descriptor->preopen) return Errno::badf;
  // Tag 0, a directory; then the length of its name.
  const auto size = static_cast<std::uint32_t>(descriptor->preopen->size());
  std::array<std::byte, kPrestatSize> prestat{};
  std::memcpy(&prestat[4], &size, sizeof size);
  return context.memory().write(slots[1], prestat) ? Errno::success : Errno::fault;
}

Errno fdPrestatDirName(HostContext& context, const std::uint32_t* slots) {
  const Descriptor* descriptor = context.state<WasiState>().find(slots[0]);
  if (!descriptor || !descriptor->preopen) return Errno::badf;
  const std::string& name = *descriptor->preopen;
  if (slots[2] < name.size()) return Errno::nametoolong;
  return context.memory().write(slots[1], name) ? Errno::success : Errno::fault;
}

HostResult fdReaddir(HostContext& context, const std::uint32_t* slots) {
  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [directory, error] = state.directory(slots[0], kFdReaddir);
    if (!directory) return error;
    if (slots[2] > kMaxReaddir) return Errno::inval;
    GuestMemory& memory = context.memory();
    if (!memory.slice(slots[1], slots[2]) || !memory.slice(slots[5], sizeof(std::uint32_t))) {
      return Errno::fault;
    }
    return {*directory->file, Effort::reading,
            [file = directory->file, cookie = slot64(slots + 3), size = slots[2]](Patience) {
              return listEntries(*file, cookie, size);
            }};
  };
  return fileCall(context, prepare, [&](const FileOutcome& outcome) {
    context.memory().write(slots[1], outcome.text);
    context.memory().store(slots[5], static_cast<std::uint32_t>(outcome.text.size()));
    return Errno::success;
  });
}

}  // namespace skiff::wasi
