#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "isolate/files/wasi_types.h"

/// Files and directories as a WASI program holds them open, whatever file system they are on. Every
/// call is total and checks what it is given as the kernel would; errors are WASI's, for which
/// Linux's behaviour is the model on each file system.
namespace skiff::wasi {

template <class T>
using FileResult = boost::system::result<T, Errno>;

/// What a call answers that was not patient enough. No error of WASI's; a guest never sees it.
inline constexpr Errno kWouldBlock{0xffff};

/// How long a call may take.
enum class Patience : std::uint8_t {
  cached,    ///< only as long as memory takes, else it does nothing and answers kWouldBlock
  blocking,  ///< as long as a disk or a network takes
};

enum class Follow : std::uint8_t { no, yes };  ///< a symbolic link that a path ends with

struct FileStat {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  FileType type = FileType::unknown;
  std::uint64_t links = 0;
  std::uint64_t size = 0;
  // Nanoseconds since 1970.
  std::uint64_t accessed = 0;
  std::uint64_t modified = 0;
  std::uint64_t changed = 0;
};

/// A time to set. Nothing: it stays.
struct NewTime {
  enum class Kind : std::uint8_t { keep, now, given } kind = Kind::keep;
  std::uint64_t nanoseconds = 0;
};
struct NewTimes {
  NewTime accessed;
  NewTime modified;
};

/// How a path is opened.
struct OpenHow {
  bool read = false;
  bool write = false;
  bool create = false;
  bool exclusive = false;  ///< with `create`: it must not exist
  bool truncate = false;
  bool directory = false;  ///< it must be one. Not with `create`.
  bool append = false;
  bool dataSync = false;
  bool sync = false;
  Follow follow = Follow::no;
};

struct DirectoryEntry {
  std::uint64_t next = 0;  ///< the cookie to go on with behind it
  std::uint64_t inode = 0;
  FileType type = FileType::unknown;
  std::string_view name;
};

enum class Whence : std::uint8_t { set, current, end };

/// A file or directory held open, with its position. Paths are relative, not empty, without NUL and
/// at most 4,095 bytes long; they are followed from this directory and never lead out of it
/// (`notcapable` if they would, be it by `..` or by a symbolic link). One thread at a time.
class File {
 public:
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  virtual FileType type() const = 0;  ///< directory or regularFile
  /// No call ever waits: kWouldBlock does not occur, and calls without a Patience are quick.
  virtual bool immediate() const = 0;
  /// Letting go of it may take as long as a disk takes. Quick itself.
  virtual bool slowToClose() const { return false; }
  virtual FileResult<FileStat> stat(Patience patience) = 0;
  virtual Errno setTimes(const NewTimes& times) = 0;
  virtual Errno sync(bool dataOnly) = 0;

  // A regular file. A directory answers `isdir` (`badf` where Linux does).
  /// From `offset`, else from the position, which moves. 0: the end. May be short.
  virtual FileResult<std::size_t> read(std::span<std::byte> into,
                                       std::optional<std::uint64_t> offset, Patience patience);
  /// To `offset`, else at the end if it appends, else at the position, which moves. May be short.
  virtual FileResult<std::size_t> write(std::span<const std::byte> from,
                                        std::optional<std::uint64_t> offset);
  /// The new position. Quick on every file system.
  virtual FileResult<std::uint64_t> seek(std::int64_t offset, Whence whence);
  virtual Errno setAppend(bool append);  ///< Quick on every file system.
  virtual Errno setSize(std::uint64_t size);
  virtual Errno allocate(std::uint64_t offset, std::uint64_t length);
  /// `advice` as WASI numbers it. Quick on every file system.
  virtual Errno advise(std::uint64_t offset, std::uint64_t length, std::uint32_t advice);

  // A directory. A regular file answers `notdir`.
  /// Entries behind `cookie` (0: from the start), until `take` answers false. `.` and `..` are
  /// among them.
  virtual Errno list(std::uint64_t cookie, const std::function<bool(const DirectoryEntry&)>& take);
  /// `acces` for what is neither a file nor a directory.
  virtual FileResult<std::shared_ptr<File>> open(const std::string& path, const OpenHow& how,
                                                 Patience patience);
  virtual FileResult<FileStat> statAt(const std::string& path, Follow follow, Patience patience);
  virtual Errno setTimesAt(const std::string& path, Follow follow, const NewTimes& times);
  virtual Errno makeDirectory(const std::string& path);
  virtual Errno removeDirectory(const std::string& path);
  virtual Errno unlink(const std::string& path);
  /// `xdev` if `to` is on another file system.
  virtual Errno rename(const std::string& path, File& to, const std::string& toPath);
  /// A hard link to what is named, never to what that points at; else as rename().
  virtual Errno link(const std::string& path, File& to, const std::string& toPath);
  /// `target` is not absolute.
  virtual Errno symlink(const std::string& target, const std::string& path);
  virtual FileResult<std::string> readlink(const std::string& path, Patience patience);

 protected:
  File() = default;
};

}  // namespace skiff::wasi
