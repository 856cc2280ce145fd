#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "config/result.h"

namespace skiff {

/// What a process may do with a file, or with a folder and all that is in it.
enum class PathAccess : std::uint8_t {
  read,        ///< open to read, list
  writeFiles,  ///< and write, make and remove files and folders, and rename them where they are;
               ///< no devices, no sockets
  write,       ///< and make symbolic links, and move everything to other such folders
};

struct PathGrant {
  std::filesystem::path path;  ///< absolute; symbolic links are followed when it is granted
  PathAccess access = PathAccess::read;

  bool operator==(const PathGrant&) const = default;
};

/// The paths that a process is left with (Landlock as of Linux 5.19: before, it kept files from
/// being moved to another folder whatever was granted; truncating files is held to it from 6.2 on,
/// binding TCP ports from 6.7 on, device controls from 6.10 on, and Unix sockets that have no path
/// from 6.12 on).
class PathRules {
 public:
  /// Whether the kernel has Landlock: its version, from 2 on, or 0.
  static int version();

  /// Paths that are not there are left out. REQUIRES: version() is not 0.
  static Result<PathRules> make(const std::vector<PathGrant>& grants);

  PathRules(PathRules&& other) noexcept;
  PathRules& operator=(PathRules&& other) noexcept;
  ~PathRules();

  /// Holds the calling thread to them, for good: 0 or an errno. Only system calls: fit for a signal
  /// handler. REQUIRES: the thread can gain no privileges (PR_SET_NO_NEW_PRIVS).
  int enforce() const;

 private:
  explicit PathRules(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

}  // namespace skiff
