#include "isolate/files/host_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "isolate/files/system_error.h"

namespace skiff::wasi {
namespace {

/// A rename elsewhere makes the kernel unsure whether `..` stayed inside, and it says EAGAIN.
constexpr int kMaxAttempts = 16;

}  // namespace

FileResult<OwnedFile> openBeneath(int directory, const std::string& path, int flags,
                                  Patience patience, int mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = static_cast<std::uint64_t>(mode);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (patience == Patience::cached) how.resolve |= RESOLVE_CACHED;
  for (int attempt = 1;; ++attempt) {
    const long file = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    if (file >= 0) return OwnedFile(static_cast<int>(file));
    const int error = errno;
    // Not in the cache; or something that the kernel's cached walk does not do at all.
    if (patience == Patience::cached && error == EAGAIN) return kWouldBlock;
    if ((error == EAGAIN || error == EINTR) && attempt < kMaxAttempts) continue;
    return error == EXDEV ? Errno::notcapable : errnoOf(error);
  }
}

FileResult<HostEntry> findEntry(int directory, const std::string& path) {
  const std::size_t lastOfName = path.find_last_not_of('/');  // there is one: it is not absolute
  const std::size_t slash = path.find_last_of('/', lastOfName);
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);

  // The kernel changes nothing under the name "..", but it would say what is there.
  if (name == ".." || name.starts_with("../")) {
    const auto itself = openBeneath(directory, path, O_PATH, Patience::blocking);
    if (itself.has_error()) return itself.error();
  }
  auto opened = openBeneath(directory, parent, O_PATH | O_DIRECTORY, Patience::blocking);
  if (opened.has_error()) return opened.error();
  return HostEntry{std::move(*opened), std::move(name)};
}

}  // namespace skiff::wasi
