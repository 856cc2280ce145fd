#include <array>
#include <cstring>

#include "isolate/abi/wasi_file_call.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_path.h"

namespace skiff::wasi {
namespace {

using Filestat = std::array<std::byte, kFilestatSize>;

Filestat encode(const FileStat& from) {
  Filestat stat{};
  const auto put = [&stat](std::size_t offset, std::uint64_t value) {
    std::memcpy(&stat[offset], &value, sizeof value);
  };
  put(0, from.device);
  put(8, from.inode);
  put(16, static_cast<std::uint64_t>(from.type));
  put(24, from.links);
  put(32, from.size);
  put(40, from.accessed);
  put(48, from.modified);
  put(56, from.changed);
  return stat;
}

/// `slots` are atim (two), mtim (two) and fst_flags.
FileResult<NewTimes> decodeTimes(const std::uint32_t* slots) {
  const std::uint32_t flags = slots[4];
  constexpr std::uint32_t kKnown =
      kSetAccessTime | kSetAccessTimeNow | kSetModificationTime | kSetModificationTimeNow;
  if (flags & ~kKnown) return Errno::inval;
  NewTimes times;
  const auto decode = [&](NewTime& time, std::uint32_t given, std::uint32_t now,
                          std::uint64_t nanoseconds) {
    if ((flags & given) && (flags & now)) return false;
    if (flags & given) time = {NewTime::Kind::given, nanoseconds};
    if (flags & now) time.kind = NewTime::Kind::now;
    return true;
  };
  if (!decode(times.accessed, kSetAccessTime, kSetAccessTimeNow, slot64(slots)) ||
      !decode(times.modified, kSetModificationTime, kSetModificationTimeNow, slot64(slots + 2))) {
    return Errno::inval;
  }
  return times;
}

Errno done(const FileOutcome&) {
  return Errno::success;
}

Follow followOf(std::uint32_t lookupFlags) {
  return lookupFlags & kSymlinkFollow ? Follow::yes : Follow::no;
}

}  // namespace

HostResult fdFilestatGet(HostContext& context, const std::uint32_t* slots) {
  WasiState& state = context.state<WasiState>();
  Descriptor* descriptor = state.find(slots[0]);
  if (!descriptor) return answer(Errno::badf);
  if (!(descriptor->rights & kFdFilestatGet)) return answer(Errno::notcapable);
  GuestMemory& memory = context.memory();
  if (!memory.slice(slots[1], kFilestatSize)) return answer(Errno::fault);
  if (descriptor->isStream()) {
    FileStat stat;
    stat.type = state.typeOf(*descriptor);
    memory.write(slots[1], encode(stat));
    return answer(Errno::success);
  }
  state.ensureFile(*descriptor);
  const auto prepare = [&](WasiState&) -> FileTask {
    return {*descriptor->file, Effort::none,
            [file = descriptor->file](Patience patience) { return file->stat(patience); }};
  };
  return fileCall(context, prepare, [&](const FileOutcome& outcome) {
    memory.write(slots[1], encode(outcome.stat));
    return Errno::success;
  });
}

HostResult fdFilestatSetTimes(HostContext& context, const std::uint32_t* slots) {
  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [found, error] = state.file(slots[0], kFdFilestatSetTimes);
    if (!found) return error;
    const auto times = decodeTimes(slots + 1);
    if (times.has_error()) return times.error();
    return {*found->file, Effort::writing,
            [file = found->file, times = *times](Patience) { return file->setTimes(times); }};
  };
  return fileCall(context, prepare, done);
}

HostResult pathFilestatGet(HostContext& context, const std::uint32_t* slots) {
  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [directory, error] = state.directory(slots[0], kPathFilestatGet);
    if (!directory) return error;
    const GuestPath path(context.memory(), slots[2], slots[3]);
    if (path.error() != Errno::success) return path.error();
    if (!context.memory().slice(slots[4], kFilestatSize)) return Errno::fault;
    return {*directory->file, Effort::none,
            [file = directory->file, path = path.text(), follow = followOf(slots[1])](
                Patience patience) { return file->statAt(path, follow, patience); }};
  };
  return fileCall(context, prepare, [&](const FileOutcome& outcome) {
    context.memory().write(slots[4], encode(outcome.stat));
    return Errno::success;
  });
}

HostResult pathFilestatSetTimes(HostContext& context, const std::uint32_t* slots) {
  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [directory, error] = state.directory(slots[0], kPathFilestatSetTimes);
    if (!directory) return error;
    const GuestPath path(context.memory(), slots[2], slots[3]);
    if (path.error() != Errno::success) return path.error();
    const auto times = decodeTimes(slots + 4);
    if (times.has_error()) return times.error();
    return {*directory->file, Effort::writing,
            [file = directory->file, path = path.text(), follow = followOf(slots[1]),
             times = *times](Patience) { return file->setTimesAt(path, follow, times); }};
  };
  return fileCall(context, prepare, done);
}

}  // namespace skiff::wasi
