#pragma once

#include <string>

#include "isolate/files/file.h"
#include "isolate/files/owned_file.h"

/// How paths are followed on the machine's file systems: always from a directory that is open,
/// never out of it. The kernel does the walking (openat2(2) with RESOLVE_BENEATH and
/// RESOLVE_NO_MAGICLINKS), so that `..`, symbolic links and links that change meanwhile are judged
/// where they are followed.
namespace skiff::wasi {

/// Opens a path with the flags of open(2), as patient as it says. A path that leads out of the
/// directory: `notcapable`.
FileResult<OwnedFile> openBeneath(int directory, const std::string& path, int flags,
                                  Patience patience, int mode = 0);

/// The directory that holds what a path names, and the name in it: for what makes, removes or
/// renames directory entries. Slashes at the end stay with the name, since the kernel judges them.
struct HostEntry {
  OwnedFile parent;
  std::string name;
};
FileResult<HostEntry> findEntry(int directory, const std::string& path);

}  // namespace skiff::wasi
