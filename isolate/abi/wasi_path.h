#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "isolate/abi/wasi_descriptor.h"
#include "isolate/abi/wasi_types.h"
#include "isolate/guest_memory.h"

/// How paths from a guest are followed: always from a directory that the guest holds, never out of
/// it. The kernel does the walking (openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS), so
/// that `..`, symbolic links and links that change meanwhile are judged where they are followed.
namespace skiff::wasi {

/// A path copied out of guest memory.
class GuestPath {
 public:
  static constexpr std::uint32_t kMaxSize = 4'095;

  /// error(): `fault` outside memory, `nametoolong`, `noent` if empty, `inval` with a NUL inside,
  /// `notcapable` if absolute.
  GuestPath(GuestMemory& memory, std::uint32_t address, std::uint32_t size);

  Errno error() const { return error_; }
  const std::string& text() const { return text_; }
  bool isAbsolute() const { return text_.starts_with('/'); }

 private:
  std::string text_;
  Errno error_ = Errno::success;
};

/// A file of the system, or why there is none.
struct Opened {
  OwnedFile file;
  Errno error = Errno::success;
};

/// Opens a path with the flags of open(2). A path that leads out of the directory: `notcapable`.
Opened openBeneath(const Descriptor& directory, const std::string& path, int flags, int mode = 0);

/// Opens what a path names, whatever it is, only to look at it and set its times; a symbolic link
/// itself unless `lookupFlags` has kSymlinkFollow.
Opened openEntry(const Descriptor& directory, const GuestPath& path, std::uint32_t lookupFlags);

/// The directory that holds what a path names, and the name in it: for what makes, removes or
/// renames directory entries. Slashes at the end stay with the name, since the kernel judges them.
struct Entry {
  OwnedFile parent;
  std::string name;
  Errno error = Errno::success;
};
Entry findEntry(const Descriptor& directory, const GuestPath& path);

}  // namespace skiff::wasi
