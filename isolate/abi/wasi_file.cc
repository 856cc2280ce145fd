#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {
namespace {

constexpr std::uint64_t kMaxOffset = std::numeric_limits<std::int64_t>::max();

Errno seek(HostContext& context, const Descriptor& file, std::int64_t offset, int whence,
           std::uint32_t resultAddress) {
  if (!context.memory().slice(resultAddress, sizeof(std::uint64_t))) return Errno::fault;
  const off_t position = ::lseek(file.file.get(), offset, whence);
  if (position < 0) return errnoOf(errno);
  context.memory().store(resultAddress, static_cast<std::uint64_t>(position));
  return Errno::success;
}

Errno tell(HostContext& context, std::uint32_t number, std::uint32_t resultAddress) {
  const auto [file, error] = context.state<WasiState>().file(number, 0);
  if (!file) return error;
  // The right to seek implies it.
  if (!(file->rights & (kFdTell | kFdSeek))) return Errno::notcapable;
  return seek(context, *file, 0, SEEK_CUR, resultAddress);
}

}  // namespace

Errno fdAdvise(HostContext& context, const std::uint32_t* slots) {
  static constexpr std::array<int, 6> kAdvice = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL,
                                                 POSIX_FADV_RANDOM,   POSIX_FADV_WILLNEED,
                                                 POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE};
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdAdvise);
  if (!file) return error;
  const std::uint64_t offset = slot64(slots + 1);
  const std::uint64_t length = slot64(slots + 3);
  const std::uint32_t advice = slots[5];
  if (advice >= kAdvice.size() || offset > kMaxOffset || length > kMaxOffset) return Errno::inval;
  if (file->isDirectory()) return Errno::badf;
  const int systemError = ::posix_fadvise(file->file.get(), static_cast<off_t>(offset),
                                          static_cast<off_t>(length), kAdvice[advice]);
  return errnoOf(systemError);
}

Errno fdAllocate(HostContext& context, const std::uint32_t* slots) {
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdAllocate);
  if (!file) return error;
  const std::uint64_t offset = slot64(slots + 1);
  const std::uint64_t length = slot64(slots + 3);
  if (offset > kMaxOffset || length > kMaxOffset) return Errno::inval;
  return systemResult(
      ::fallocate(file->file.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(length)));
}

Errno fdDatasync(HostContext& context, const std::uint32_t* slots) {
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdDatasync);
  return file ? systemResult(::fdatasync(file->file.get())) : error;
}

Errno fdSync(HostContext& context, const std::uint32_t* slots) {
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdSync);
  return file ? systemResult(::fsync(file->file.get())) : error;
}

Errno fdSeek(HostContext& context, const std::uint32_t* slots) {
  const auto offset = static_cast<std::int64_t>(slot64(slots + 1));
  const std::uint32_t whence = slots[3];
  if (whence == kSeekCurrent && offset == 0) return tell(context, slots[0], slots[4]);
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdSeek);
  if (!file) return error;
  switch (whence) {
    case kSeekSet:
      return seek(context, *file, offset, SEEK_SET, slots[4]);
    case kSeekCurrent:
      return seek(context, *file, offset, SEEK_CUR, slots[4]);
    case kSeekEnd:
      return seek(context, *file, offset, SEEK_END, slots[4]);
    default:
      return Errno::inval;
  }
}

Errno fdTell(HostContext& context, const std::uint32_t* slots) {
  return tell(context, slots[0], slots[1]);
}

Errno fdFilestatSetSize(HostContext& context, const std::uint32_t* slots) {
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdFilestatSetSize);
  if (!file) return error;
  const std::uint64_t size = slot64(slots + 1);
  if (size > kMaxOffset) return Errno::inval;
  return systemResult(::ftruncate(file->file.get(), static_cast<off_t>(size)));
}

}  // namespace skiff::wasi
