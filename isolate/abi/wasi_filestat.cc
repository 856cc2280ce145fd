#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_path.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {
namespace {

using Filestat = std::array<std::byte, kFilestatSize>;

FileType typeOf(mode_t mode) {
  if (S_ISREG(mode)) return FileType::regularFile;
  if (S_ISDIR(mode)) return FileType::directory;
  if (S_ISLNK(mode)) return FileType::symbolicLink;
  if (S_ISCHR(mode)) return FileType::characterDevice;
  if (S_ISBLK(mode)) return FileType::blockDevice;
  if (S_ISSOCK(mode)) return FileType::socketStream;
  return FileType::unknown;
}

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

Filestat encode(const struct stat& from) {
  Filestat stat{};
  const auto put = [&stat](std::size_t offset, std::uint64_t value) {
    std::memcpy(&stat[offset], &value, sizeof value);
  };
  put(0, from.st_dev);
  put(8, from.st_ino);
  put(16, static_cast<std::uint64_t>(typeOf(from.st_mode)));
  put(24, from.st_nlink);
  put(32, static_cast<std::uint64_t>(from.st_size));
  put(40, nanoseconds(from.st_atim));
  put(48, nanoseconds(from.st_mtim));
  put(56, nanoseconds(from.st_ctim));
  return stat;
}

Errno putFilestat(HostContext& context, int file, std::uint32_t address) {
  struct stat stat {};
  if (::fstat(file, &stat) != 0) return errnoOf(errno);
  return context.memory().write(address, encode(stat)) ? Errno::success : Errno::fault;
}

timespec timeOf(std::uint64_t nanosecond, bool set, bool now) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  timespec time{};
  time.tv_sec = static_cast<time_t>(nanosecond / kSecond);
  time.tv_nsec = static_cast<long>(nanosecond % kSecond);
  if (!set) time.tv_nsec = now ? UTIME_NOW : UTIME_OMIT;
  return time;
}

/// Sets a file's times. `slots` are atim (two), mtim (two) and fst_flags.
Errno setTimes(int file, const std::uint32_t* slots) {
  const std::uint32_t flags = slots[4];
  const bool setAccess = flags & kSetAccessTime;
  const bool accessNow = flags & kSetAccessTimeNow;
  const bool setModification = flags & kSetModificationTime;
  const bool modificationNow = flags & kSetModificationTimeNow;
  if ((setAccess && accessNow) || (setModification && modificationNow)) return Errno::inval;
  const std::array<timespec, 2> times = {
      timeOf(slot64(slots), setAccess, accessNow),
      timeOf(slot64(slots + 2), setModification, modificationNow)};
  // By the descriptor itself, which may be a symbolic link's.
  return systemResult(::utimensat(file, "", times.data(), AT_EMPTY_PATH));
}

}  // namespace

Errno fdFilestatGet(HostContext& context, const std::uint32_t* slots) {
  WasiState& state = context.state<WasiState>();
  Descriptor* descriptor = state.find(slots[0]);
  if (!descriptor) return Errno::badf;
  if (!(descriptor->rights & kFdFilestatGet)) return Errno::notcapable;
  if (descriptor->isStream()) {
    return context.memory().write(slots[1], Filestat{}) ? Errno::success : Errno::fault;
  }
  if (const Errno error = openGrant(*descriptor); error != Errno::success) return error;
  return putFilestat(context, descriptor->file.get(), slots[1]);
}

Errno fdFilestatSetTimes(HostContext& context, const std::uint32_t* slots) {
  const auto [file, error] = context.state<WasiState>().file(slots[0], kFdFilestatSetTimes);
  return file ? setTimes(file->file.get(), slots + 1) : error;
}

Errno pathFilestatGet(HostContext& context, const std::uint32_t* slots) {
  const auto [directory, error] = context.state<WasiState>().directory(slots[0], kPathFilestatGet);
  if (!directory) return error;
  const GuestPath path(context.memory(), slots[2], slots[3]);
  if (path.error() != Errno::success) return path.error();
  const Opened opened = openEntry(*directory, path, slots[1]);
  if (opened.error != Errno::success) return opened.error;
  return putFilestat(context, opened.file.get(), slots[4]);
}

Errno pathFilestatSetTimes(HostContext& context, const std::uint32_t* slots) {
  const auto [directory, error] =
      context.state<WasiState>().directory(slots[0], kPathFilestatSetTimes);
  if (!directory) return error;
  const GuestPath path(context.memory(), slots[2], slots[3]);
  if (path.error() != Errno::success) return path.error();
  const Opened opened = openEntry(*directory, path, slots[1]);
  if (opened.error != Errno::success) return opened.error;
  return setTimes(opened.file.get(), slots + 4);
}

}  // namespace skiff::wasi
