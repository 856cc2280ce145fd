#include <cstdint>
#include <limits>

#include "isolate/abi/wasi_file_call.h"
#include "isolate/abi/wasi_functions.h"

namespace skiff::wasi {
namespace {

constexpr std::uint64_t kMaxOffset = std::numeric_limits<std::int64_t>::max();

Errno done(const FileOutcome&) {
  return Errno::success;
}

Errno seek(HostContext& context, const Descriptor& file, std::int64_t offset, Whence whence,
           std::uint32_t resultAddress) {
  if (!context.memory().slice(resultAddress, sizeof(std::uint64_t))) return Errno::fault;
  const auto position = file.file->seek(offset, whence);
  if (position.has_error()) return position.error();
  context.memory().store(resultAddress, *position);
  return Errno::success;
}

Errno tell(HostContext& context, std::uint32_t number, std::uint32_t resultAddress) {
  const auto [file, error] = context.state<WasiState>().file(number, 0);
  if (!file) return error;
  // The right to seek implies it.
  if (!(file->rights & (kFdTell | kFdSeek))) return Errno::notcapable;
  return seek(context, *file, 0, Whence::current, resultAddress);
}

HostResult synchronise(HostContext& context, std::uint32_t number, Rights needed, bool dataOnly) {
  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [found, error] = state.file(number, needed);
    if (!found) return error;
    return {*found->file, Effort::writing,
            [file = found->file, dataOnly](Patience) { return file->sync(dataOnly); }};
  };
  return fileCall(context, prepare, done);
}

}  // namespace

Errno fdAdvise(HostContext& context, const std::uint32_t* slots) {
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdAdvise);
  if (!file) return error;
  return file->file->advise(slot64(slots + 1), slot64(slots + 3), slots[5]);
}

HostResult fdAllocate(HostContext& context, const std::uint32_t* slots) {
  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [found, error] = state.file(slots[0], kFdAllocate);
    if (!found) return error;
    return {*found->file, Effort::writing,
            [file = found->file, offset = slot64(slots + 1), length = slot64(slots + 3)](Patience) {
              return file->allocate(offset, length);
            }};
  };
  return fileCall(context, prepare, done);
}

HostResult fdDatasync(HostContext& context, const std::uint32_t* slots) {
  return synchronise(context, slots[0], kFdDatasync, true);
}

HostResult fdSync(HostContext& context, const std::uint32_t* slots) {
  return synchronise(context, slots[0], kFdSync, false);
}

Errno fdSeek(HostContext& context, const std::uint32_t* slots) {
  const auto offset = static_cast<std::int64_t>(slot64(slots + 1));
  const std::uint32_t whence = slots[3];
  if (whence == kSeekCurrent && offset == 0) return tell(context, slots[0], slots[4]);
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdSeek);
  if (!file) return error;
  switch (whence) {
    case kSeekSet:
      return seek(context, *file, offset, Whence::set, slots[4]);
    case kSeekCurrent:
      return seek(context, *file, offset, Whence::current, slots[4]);
    case kSeekEnd:
      return seek(context, *file, offset, Whence::end, slots[4]);
    default:
      return Errno::inval;
  }
}

Errno fdTell(HostContext& context, const std::uint32_t* slots) {
  return tell(context, slots[0], slots[1]);
}

HostResult fdFilestatSetSize(HostContext& context, const std::uint32_t* slots) {
  const auto prepare = [&](WasiState& state) -> FileTask {
    const auto [found, error] = state.file(slots[0], kFdFilestatSetSize);
    if (!found) return error;
    const std::uint64_t size = slot64(slots + 1);
    if (size > kMaxOffset) return Errno::inval;
    return {*found->file, Effort::writing,
            [file = found->file, size](Patience) { return file->setSize(size); }};
  };
  return fileCall(context, prepare, done);
}

}  // namespace skiff::wasi
