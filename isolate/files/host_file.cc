#include "isolate/files/host_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>

#include "isolate/files/host_path.h"
#include "isolate/files/host_stat.h"
#include "isolate/files/owned_file.h"
#include "isolate/files/system_error.h"

namespace skiff::wasi {
namespace {

constexpr std::uint64_t kMaxOffset = std::numeric_limits<std::int64_t>::max();
/// Not to wait for the other end of a FIFO; files do not care.
constexpr int kAlways = O_NONBLOCK | O_NOCTTY;

constexpr int kIgnored = -1;

int systemFlags(const OpenHow& how) {
  int flags = kAlways;
  const bool writes = how.write || how.truncate;
  flags |= writes ? (how.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (how.follow == Follow::no) flags |= O_NOFOLLOW;
  if (how.create) flags |= O_CREAT;
  if (how.exclusive) flags |= O_EXCL;
  if (how.truncate) flags |= O_TRUNC;
  if (how.directory) flags |= O_DIRECTORY;
  if (how.append) flags |= O_APPEND;
  if (how.dataSync) flags |= O_DSYNC;
  if (how.sync) flags |= O_SYNC;
  return flags;
}

class HostFile final : public File {
 public:
  /// What has a place in the budget, if there is one.
  struct Place {
    OpenFileBudget* budget = nullptr;
    OpenFileBudget::Place place;

    /// False if there is none left.
    bool take() {
      if (!budget || place) return true;
      place = budget->take();
      return static_cast<bool>(place);
    }
  };

  HostFile(OwnedFile file, FileType type, const OpenHow& how, Place place)
      : place_(std::move(place)),
        file_(std::move(file)),
        type_(type),
        append_(how.append),
        writable_(how.write || how.truncate) {}
  HostFile(std::filesystem::path granted, OpenFileBudget* budget)
      : granted_(std::move(granted)), type_(FileType::directory) {
    place_.budget = budget;
  }

  FileType type() const override { return type_; }
  bool immediate() const override { return false; }
  bool slowToClose() const override;

  FileResult<FileStat> stat(Patience patience) override {
    if (const Errno error = ensureOpen(patience); error != Errno::success) return error;
    return statOf(file_.get(), patience);
  }
  Errno setTimes(const NewTimes& times) override {
    if (const Errno error = ensureOpen(Patience::blocking); error != Errno::success) return error;
    return setTimesOf(file_.get(), times);
  }
  Errno sync(bool dataOnly) override {
    if (const Errno error = ensureOpen(Patience::blocking); error != Errno::success) return error;
    return systemResult(dataOnly ? ::fdatasync(file_.get()) : ::fsync(file_.get()));
  }

  FileResult<std::size_t> read(std::span<std::byte> into, std::optional<std::uint64_t> offset,
                               Patience patience) override;
  FileResult<std::size_t> write(std::span<const std::byte> from,
                                std::optional<std::uint64_t> offset) override;
  FileResult<std::uint64_t> seek(std::int64_t offset, Whence whence) override;
  Errno setAppend(bool append) override {
    append_ = append;
    return applyAppend(append);
  }
  Errno setSize(std::uint64_t size) override {
    if (size > kMaxOffset) return Errno::inval;
    return systemResult(::ftruncate(file_.get(), static_cast<off_t>(size)));
  }
  Errno allocate(std::uint64_t offset, std::uint64_t length) override {
    if (offset > kMaxOffset || length > kMaxOffset) return Errno::inval;
    return systemResult(
        ::fallocate(file_.get(), 0, static_cast<off_t>(offset), static_cast<off_t>(length)));
  }
  Errno advise(std::uint64_t offset, std::uint64_t length, std::uint32_t advice) override;

  Errno list(std::uint64_t cookie, const std::function<bool(const DirectoryEntry&)>& take) override;
  FileResult<std::shared_ptr<File>> open(const std::string& path, const OpenHow& how,
                                         Patience patience) override;
  FileResult<FileStat> statAt(const std::string& path, Follow follow, Patience patience) override {
    const auto opened = openBeneathThis(path, O_PATH | noFollow(follow), patience);
    if (opened.has_error()) return opened.error();
    return statOf(opened->get(), patience);
  }
  Errno setTimesAt(const std::string& path, Follow follow, const NewTimes& times) override {
    const auto opened = openBeneathThis(path, O_PATH | noFollow(follow), Patience::blocking);
    if (opened.has_error()) return opened.error();
    return setTimesOf(opened->get(), times);
  }
  Errno makeDirectory(const std::string& path) override {
    return onEntry(path,
                   [](int parent, const char* name) { return ::mkdirat(parent, name, 0777); });
  }
  Errno removeDirectory(const std::string& path) override {
    return onEntry(
        path, [](int parent, const char* name) { return ::unlinkat(parent, name, AT_REMOVEDIR); });
  }
  Errno unlink(const std::string& path) override {
    return onEntry(path, [](int parent, const char* name) { return ::unlinkat(parent, name, 0); });
  }
  Errno rename(const std::string& path, File& to, const std::string& toPath) override;
  Errno link(const std::string& path, File& to, const std::string& toPath) override;
  Errno symlink(const std::string& target, const std::string& path) override {
    return onEntry(path, [&](int parent, const char* name) {
      return ::symlinkat(target.c_str(), parent, name);
    });
  }
  FileResult<std::string> readlink(const std::string& path, Patience patience) override;

 private:
  static int noFollow(Follow follow) { return follow == Follow::no ? O_NOFOLLOW : 0; }

  /// Opens what was granted, if that has not happened yet.
  Errno ensureOpen(Patience patience);
  FileResult<OwnedFile> openBeneathThis(const std::string& path, int flags, Patience patience,
                                        int mode = 0) {
    if (const Errno error = ensureOpen(patience); error != Errno::success) return error;
    return openBeneath(file_.get(), path, flags, patience, mode);
  }
  FileResult<HostEntry> entry(const std::string& path) {
    if (const Errno error = ensureOpen(Patience::blocking); error != Errno::success) return error;
    return findEntry(file_.get(), path);
  }
  template <class Change>
  Errno onEntry(const std::string& path, Change change) {
    const auto found = entry(path);
    if (found.has_error()) return found.error();
    return systemResult(change(found->parent.get(), found->name.c_str()));
  }
  Errno applyAppend(bool append) {
    return systemResult(::fcntl(file_.get(), F_SETFL, kAlways | (append ? O_APPEND : 0)));
  }

  Place place_;
  OwnedFile file_;
  std::filesystem::path granted_;
  FileType type_;
  bool append_ = false;
  bool writable_ = false;
};

/// The last one to close a file that has no name any more frees all of its blocks, and file systems
/// write when a file that was written is closed.
bool HostFile::slowToClose() const {
  if (!file_ || type_ == FileType::directory) return false;
  if (writable_) return true;
  const auto stat = statOf(file_.get(), Patience::cached);
  return stat.has_error() || stat->links == 0;
}

Errno HostFile::ensureOpen(Patience patience) {
  if (file_) return Errno::success;
  if (!place_.take()) return Errno::nfile;
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY;
  if (patience == Patience::cached) how.resolve = RESOLVE_CACHED;
  const long opened = ::syscall(SYS_openat2, AT_FDCWD, granted_.c_str(), &how, sizeof how);
  if (opened < 0) {
    return patience == Patience::cached && errno == EAGAIN ? kWouldBlock : errnoOf(errno);
  }
  file_ = OwnedFile(static_cast<int>(opened));
  return Errno::success;
}

FileResult<std::size_t> HostFile::read(std::span<std::byte> into,
                                       std::optional<std::uint64_t> offset, Patience patience) {
  if (offset && *offset > kMaxOffset) return Errno::inval;
  const iovec vector{into.data(), into.size()};
  const off_t at = offset ? static_cast<off_t>(*offset) : -1;  // -1: the position
  const int flags = patience == Patience::cached ? RWF_NOWAIT : 0;
  ssize_t got;
  do {
    got = ::preadv2(file_.get(), &vector, 1, at, flags);
  } while (got < 0 && errno == EINTR);
  if (got >= 0) return static_cast<std::size_t>(got);
  // Some file systems cannot tell whether they would wait.
  if (flags != 0 && (errno == EAGAIN || errno == EOPNOTSUPP)) return kWouldBlock;
  return errnoOf(errno);
}

FileResult<std::size_t> HostFile::write(std::span<const std::byte> from,
                                        std::optional<std::uint64_t> offset) {
  if (offset && *offset > kMaxOffset) return Errno::inval;
  // Linux appends with pwrite(2) too if the file was opened to append; WASI writes where it is
  // told.
  const bool lift = offset && append_;
  if (lift) applyAppend(false);
  ssize_t put;
  do {
    put = offset ? ::pwrite(file_.get(), from.data(), from.size(), static_cast<off_t>(*offset))
                 : ::write(file_.get(), from.data(), from.size());
  } while (put < 0 && errno == EINTR);
  const int error = errno;
  if (lift) applyAppend(true);
  if (put < 0) return errnoOf(error);
  return static_cast<std::size_t>(put);
}

FileResult<std::uint64_t> HostFile::seek(std::int64_t offset, Whence whence) {
  static constexpr std::array<int, 3> kWhence = {SEEK_SET, SEEK_CUR, SEEK_END};
  const off_t position = ::lseek(file_.get(), offset, kWhence[static_cast<std::size_t>(whence)]);
  if (position < 0) return errnoOf(errno);
  return static_cast<std::uint64_t>(position);
}

Errno HostFile::advise(std::uint64_t offset, std::uint64_t length, std::uint32_t advice) {
  // What a guest will not or will soon need is not taken up: the one would write, and throw out of
  // the cache what others use, the other would read, and both take long.
  static constexpr std::array<int, 6> kAdvice = {POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL,
                                                 POSIX_FADV_RANDOM, kIgnored,
                                                 kIgnored,          POSIX_FADV_NOREUSE};
  if (advice >= kAdvice.size() || offset > kMaxOffset || length > kMaxOffset) return Errno::inval;
  if (type_ == FileType::directory) return Errno::badf;
  if (kAdvice[advice] == kIgnored) return Errno::success;
  return errnoOf(::posix_fadvise(file_.get(), static_cast<off_t>(offset),
                                 static_cast<off_t>(length), kAdvice[advice]));
}

Errno HostFile::list(std::uint64_t cookie, const std::function<bool(const DirectoryEntry&)>& take) {
  if (type_ != FileType::directory) return Errno::notdir;
  if (const Errno error = ensureOpen(Patience::blocking); error != Errno::success) return error;
  // A cookie is the kernel's own position behind an entry; it takes any number without harm.
  if (::lseek(file_.get(), static_cast<off_t>(cookie), SEEK_SET) < 0) return errnoOf(errno);
  alignas(dirent64) std::array<std::byte, 8192> buffer;
  for (;;) {
    const ssize_t size = ::getdents64(file_.get(), buffer.data(), buffer.size());
    if (size < 0) return errnoOf(errno);
    if (size == 0) return Errno::success;
    for (ssize_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      if (!take({static_cast<std::uint64_t>(entry->d_off), entry->d_ino, typeOfEntry(entry->d_type),
                 entry->d_name})) {
        return Errno::success;
      }
      at += entry->d_reclen;
    }
  }
}

FileResult<std::shared_ptr<File>> HostFile::open(const std::string& path, const OpenHow& how,
                                                 Patience patience) {
  Place place{place_.budget, {}};
  if (!place.take()) return Errno::nfile;
  auto opened = openBeneathThis(path, systemFlags(how), patience, how.create ? 0666 : 0);
  if (opened.has_error()) return opened.error();
  const auto stat = statOf(opened->get(), patience);
  if (stat.has_error()) return stat.error();
  if (stat->type != FileType::directory && stat->type != FileType::regularFile) {
    return Errno::acces;
  }
  return std::make_shared<HostFile>(std::move(*opened), stat->type, how, std::move(place));
}

Errno HostFile::rename(const std::string& path, File& to, const std::string& toPath) {
  auto* const target = dynamic_cast<HostFile*>(&to);
  if (!target) return Errno::xdev;
  const auto from = entry(path);
  if (from.has_error()) return from.error();
  const auto into = target->entry(toPath);
  if (into.has_error()) return into.error();
  return systemResult(
      ::renameat(from->parent.get(), from->name.c_str(), into->parent.get(), into->name.c_str()));
}

Errno HostFile::link(const std::string& path, File& to, const std::string& toPath) {
  auto* const target = dynamic_cast<HostFile*>(&to);
  if (!target) return Errno::xdev;
  const auto from = entry(path);
  if (from.has_error()) return from.error();
  const auto into = target->entry(toPath);
  if (into.has_error()) return into.error();
  // A slash at the end would make the kernel follow a symbolic link; what it asks for is a
  // directory, which cannot be linked.
  if (from->name.ends_with('/')) return Errno::perm;
  return systemResult(
      ::linkat(from->parent.get(), from->name.c_str(), into->parent.get(), into->name.c_str(), 0));
}

FileResult<std::string> HostFile::readlink(const std::string& path, Patience patience) {
  const auto link = openBeneathThis(path, O_PATH | O_NOFOLLOW, patience);
  if (link.has_error()) return link.error();
  std::array<char, 4096> target;
  const ssize_t size = ::readlinkat(link->get(), "", target.data(), target.size());
  // For a descriptor that is no link's, the kernel says that the name "" does not exist.
  if (size < 0) return errno == ENOENT ? Errno::inval : errnoOf(errno);
  return std::string(target.data(), static_cast<std::size_t>(size));
}

}  // namespace

std::shared_ptr<File> hostDirectory(std::filesystem::path path, OpenFileBudget* budget) {
  return std::make_shared<HostFile>(std::move(path), budget);
}

}  // namespace skiff::wasi
