#include "isolate/files/host_stat.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>

#include "isolate/files/system_error.h"

namespace skiff::wasi {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

FileType typeOfMode(mode_t mode) {
  if (S_ISREG(mode)) return FileType::regularFile;
  if (S_ISDIR(mode)) return FileType::directory;
  if (S_ISLNK(mode)) return FileType::symbolicLink;
  if (S_ISCHR(mode)) return FileType::characterDevice;
  if (S_ISBLK(mode)) return FileType::blockDevice;
  if (S_ISSOCK(mode)) return FileType::socketStream;
  return FileType::unknown;
}

std::uint64_t nanoseconds(const struct statx_timestamp& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond + time.tv_nsec;
}

timespec systemTime(const NewTime& time) {
  timespec result{};
  switch (time.kind) {
    case NewTime::Kind::keep:
      result.tv_nsec = UTIME_OMIT;
      break;
    case NewTime::Kind::now:
      result.tv_nsec = UTIME_NOW;
      break;
    case NewTime::Kind::given:
      result.tv_sec = static_cast<time_t>(time.nanoseconds / kSecond);
      result.tv_nsec = static_cast<long>(time.nanoseconds % kSecond);
      break;
  }
  return result;
}

}  // namespace

FileResult<FileStat> statOf(int file, Patience patience) {
  struct statx from {};
  const int flags =
      AT_EMPTY_PATH | (patience == Patience::cached ? AT_STATX_DONT_SYNC : AT_STATX_SYNC_AS_STAT);
  if (::statx(file, "", flags, STATX_BASIC_STATS, &from) != 0) return errnoOf(errno);
  FileStat stat;
  stat.device = ::makedev(from.stx_dev_major, from.stx_dev_minor);
  stat.inode = from.stx_ino;
  stat.type = typeOfMode(from.stx_mode);
  stat.links = from.stx_nlink;
  stat.size = from.stx_size;
  stat.accessed = nanoseconds(from.stx_atime);
  stat.modified = nanoseconds(from.stx_mtime);
  stat.changed = nanoseconds(from.stx_ctime);
  return stat;
}

Errno setTimesOf(int file, const NewTimes& times) {
  const std::array<timespec, 2> both = {systemTime(times.accessed), systemTime(times.modified)};
  // By the descriptor itself, which may be a symbolic link's.
  return systemResult(::utimensat(file, "", both.data(), AT_EMPTY_PATH));
}

FileType typeOfEntry(unsigned char type) {
  switch (type) {
    case DT_REG:
      return FileType::regularFile;
    case DT_DIR:
      return FileType::directory;
    case DT_LNK:
      return FileType::symbolicLink;
    case DT_CHR:
      return FileType::characterDevice;
    case DT_BLK:
      return FileType::blockDevice;
    case DT_SOCK:
      return FileType::socketStream;
    default:
      return FileType::unknown;
  }
}

}  // namespace skiff::wasi
