#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_path.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {
namespace {

struct OpenRequest {
  std::uint32_t lookupFlags;
  std::uint32_t openFlags;
  std::uint32_t fdFlags;
  Rights rights;      ///< already cut down to what the directory grants
  Rights inheriting;  ///< likewise
};

/// What path_open needs of the directory itself.
Rights neededRights(std::uint32_t openFlags) {
  Rights needed = kPathOpen;
  if (openFlags & kCreate) needed |= kPathCreateFile;
  if (openFlags & kTruncate) needed |= kPathFilestatSetSize;
  return needed;
}

/// The flags for open(2).
int systemFlags(const OpenRequest& request) {
  const bool writes = (request.rights & (kFdWrite | kFdAllocate | kFdFilestatSetSize)) ||
                      (request.openFlags & kTruncate);
  const bool reads = request.rights & (kFdRead | kFdReaddir);
  // Not to wait for the other end of a FIFO; files do not care.
  int flags = O_NONBLOCK | O_NOCTTY;
  flags |= writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (!(request.lookupFlags & kSymlinkFollow)) flags |= O_NOFOLLOW;
  if (request.openFlags & kCreate) flags |= O_CREAT;
  if (request.openFlags & kDirectory) flags |= O_DIRECTORY;
  if (request.openFlags & kExclusive) flags |= O_EXCL;
  if (request.openFlags & kTruncate) flags |= O_TRUNC;
  if (request.fdFlags & kAppend) flags |= O_APPEND;
  if (request.fdFlags & kDsync) flags |= O_DSYNC;
  if (request.fdFlags & (kSync | kRsync)) flags |= O_SYNC;
  return flags;
}

/// A descriptor for what was opened; `acces` if it is neither a file nor a directory.
Errno describe(OwnedFile file, const OpenRequest& request, Descriptor& descriptor) {
  struct stat stat {};
  if (::fstat(file.get(), &stat) != 0) return errnoOf(errno);
  if (S_ISDIR(stat.st_mode)) {
    descriptor.kind = Descriptor::Kind::directory;
    descriptor.rights = request.rights & kDirectoryRights;
    descriptor.inheriting = request.inheriting & (kDirectoryRights | kFileRights);
  } else if (S_ISREG(stat.st_mode)) {
    descriptor.kind = Descriptor::Kind::file;
    descriptor.rights = request.rights & kFileRights;
  } else {
    return Errno::acces;
  }
  descriptor.flags = static_cast<std::uint16_t>(request.fdFlags);
  descriptor.file = std::move(file);
  return Errno::success;
}

}  // namespace

Errno pathOpen(HostContext& context, const std::uint32_t* slots) {
  const std::uint32_t openFlags = slots[4];
  const std::uint32_t fdFlags = slots[9];
  const std::uint32_t resultAddress = slots[10];
  WasiState& state = context.state<WasiState>();
  const auto [directory, error] = state.directory(slots[0], neededRights(openFlags));
  if (!directory) return error;
  const GuestPath path(context.memory(), slots[2], slots[3]);
  if (path.error() != Errno::success) return path.error();
  if (fdFlags & ~std::uint32_t{kAllFdFlags}) return Errno::inval;
  // Kernels disagree on what this makes.
  if ((openFlags & kCreate) && (openFlags & kDirectory)) return Errno::inval;
  if (!context.memory().slice(resultAddress, sizeof(std::uint32_t))) return Errno::fault;
  if (!state.hasRoom()) return Errno::nfile;

  const Rights asked = slot64(slots + 5);
  const OpenRequest request{slots[1], openFlags, fdFlags, asked & directory->inheriting,
                            slot64(slots + 7) & directory->inheriting};
  // Libraries ask for all sorts of rights, but a program that wants to write must not be told that
  // it can.
  if (asked & ~directory->inheriting & (kFdRead | kFdWrite)) return Errno::notcapable;

  Opened opened =
      openBeneath(*directory, path.text(), systemFlags(request), openFlags & kCreate ? 0666 : 0);
  if (opened.error != Errno::success) return opened.error;
  Descriptor descriptor;
  const Errno described = describe(std::move(opened.file), request, descriptor);
  if (described != Errno::success) return described;
  context.memory().store(resultAddress, *state.insert(std::move(descriptor)));
  return Errno::success;
}

}  // namespace skiff::wasi
