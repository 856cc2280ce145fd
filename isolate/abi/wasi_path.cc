#include "isolate/abi/wasi_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {
namespace {

/// A rename elsewhere makes the kernel unsure whether `..` stayed inside, and it says EAGAIN.
constexpr int kMaxAttempts = 16;

/// An entry of a directory that the guest holds with the right to change it so.
struct FoundEntry {
  Entry entry;
  Errno error = Errno::success;
};
FoundEntry findWithRight(HostContext& context, std::uint32_t number, Rights needed,
                         std::uint32_t pathAddress, std::uint32_t pathSize) {
  const auto [directory, error] = context.state<WasiState>().directory(number, needed);
  if (!directory) return {{}, error};
  const GuestPath path(context.memory(), pathAddress, pathSize);
  if (path.error() != Errno::success) return {{}, path.error()};
  Entry entry = findEntry(*directory, path);
  const Errno found = entry.error;
  return {std::move(entry), found};
}

}  // namespace

GuestPath::GuestPath(GuestMemory& memory, std::uint32_t address, std::uint32_t size) {
  if (size > kMaxSize) {
    error_ = Errno::nametoolong;
    return;
  }
  const auto text = memory.text(address, size);
  if (!text) {
    error_ = Errno::fault;
    return;
  }
  text_ = *text;
  if (text_.empty()) error_ = Errno::noent;
  if (text_.find('\0') != std::string::npos) error_ = Errno::inval;
  if (isAbsolute()) error_ = Errno::notcapable;
}

Opened openBeneath(const Descriptor& directory, const std::string& path, int flags, int mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = static_cast<std::uint64_t>(mode);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 1;; ++attempt) {
    const long file = ::syscall(SYS_openat2, directory.file.get(), path.c_str(), &how, sizeof how);
    if (file >= 0) return {OwnedFile(static_cast<int>(file)), Errno::success};
    if ((errno == EAGAIN || errno == EINTR) && attempt < kMaxAttempts) continue;
    return {{}, errno == EXDEV ? Errno::notcapable : errnoOf(errno)};
  }
}

Opened openEntry(const Descriptor& directory, const GuestPath& path, std::uint32_t lookupFlags) {
  const int follow = lookupFlags & kSymlinkFollow ? 0 : O_NOFOLLOW;
  return openBeneath(directory, path.text(), O_PATH | follow);
}

Entry findEntry(const Descriptor& directory, const GuestPath& path) {
  const std::string& text = path.text();
  const std::size_t lastOfName = text.find_last_not_of('/');  // there is one: it is not absolute
  const std::size_t slash = text.find_last_of('/', lastOfName);
  const std::string parent = slash == std::string::npos ? "." : text.substr(0, slash);
  std::string name = slash == std::string::npos ? text : text.substr(slash + 1);

  // The kernel changes nothing under the name "..", but it would say what is there.
  if (name == ".." || name.starts_with("../")) {
    const Opened itself = openBeneath(directory, text, O_PATH);
    if (itself.error != Errno::success) return {{}, {}, itself.error};
  }
  Opened opened = openBeneath(directory, parent, O_PATH | O_DIRECTORY);
  return {std::move(opened.file), std::move(name), opened.error};
}

Errno pathCreateDirectory(HostContext& context, const std::uint32_t* slots) {
  const auto [entry, error] =
      findWithRight(context, slots[0], kPathCreateDirectory, slots[1], slots[2]);
  if (error != Errno::success) return error;
  return systemResult(::mkdirat(entry.parent.get(), entry.name.c_str(), 0777));
}

Errno pathRemoveDirectory(HostContext& context, const std::uint32_t* slots) {
  const auto [entry, error] =
      findWithRight(context, slots[0], kPathRemoveDirectory, slots[1], slots[2]);
  if (error != Errno::success) return error;
  return systemResult(::unlinkat(entry.parent.get(), entry.name.c_str(), AT_REMOVEDIR));
}

Errno pathUnlinkFile(HostContext& context, const std::uint32_t* slots) {
  const auto [entry, error] = findWithRight(context, slots[0], kPathUnlinkFile, slots[1], slots[2]);
  if (error != Errno::success) return error;
  return systemResult(::unlinkat(entry.parent.get(), entry.name.c_str(), 0));
}

Errno pathRename(HostContext& context, const std::uint32_t* slots) {
  const auto [from, error] =
      findWithRight(context, slots[0], kPathRenameSource, slots[1], slots[2]);
  if (error != Errno::success) return error;
  const auto [to, targetError] =
      findWithRight(context, slots[3], kPathRenameTarget, slots[4], slots[5]);
  if (targetError != Errno::success) return targetError;
  return systemResult(
      ::renameat(from.parent.get(), from.name.c_str(), to.parent.get(), to.name.c_str()));
}

Errno pathLink(HostContext& context, const std::uint32_t* slots) {
  // A link is made to what is named, never to what that points at.
  if (slots[1] & kSymlinkFollow) return Errno::inval;
  const auto [from, error] = findWithRight(context, slots[0], kPathLinkSource, slots[2], slots[3]);
  if (error != Errno::success) return error;
  const auto [to, targetError] =
      findWithRight(context, slots[4], kPathLinkTarget, slots[5], slots[6]);
  if (targetError != Errno::success) return targetError;
  // A slash at the end would make the kernel follow a symbolic link; what it asks for is a
  // directory, which cannot be linked.
  if (from.name.ends_with('/')) return Errno::perm;
  return systemResult(
      ::linkat(from.parent.get(), from.name.c_str(), to.parent.get(), to.name.c_str(), 0));
}

Errno pathSymlink(HostContext& context, const std::uint32_t* slots) {
  const GuestPath target(context.memory(), slots[0], slots[1]);
  if (target.error() != Errno::success) return target.error();
  const auto [entry, error] = findWithRight(context, slots[2], kPathSymlink, slots[3], slots[4]);
  if (error != Errno::success) return error;
  return systemResult(::symlinkat(target.text().c_str(), entry.parent.get(), entry.name.c_str()));
}

Errno pathReadlink(HostContext& context, const std::uint32_t* slots) {
  WasiState& state = context.state<WasiState>();
  const auto [directory, error] = state.directory(slots[0], kPathReadlink);
  if (!directory) return error;
  const GuestPath path(context.memory(), slots[1], slots[2]);
  if (path.error() != Errno::success) return path.error();
  const auto into = context.memory().slice(slots[3], slots[4]);
  if (!into || !context.memory().slice(slots[5], sizeof(std::uint32_t))) return Errno::fault;

  const Opened link = openBeneath(*directory, path.text(), O_PATH | O_NOFOLLOW);
  if (link.error != Errno::success) return link.error;
  std::string target(GuestPath::kMaxSize, '\0');
  const ssize_t size = ::readlinkat(link.file.get(), "", target.data(), target.size());
  // For a descriptor that is no link's, the kernel says that the name "" does not exist.
  if (size < 0) return errno == ENOENT ? Errno::inval : errnoOf(errno);
  target.resize(std::min(static_cast<std::size_t>(size), into->size()));
  context.memory().write(slots[3], target);
  context.memory().store(slots[5], static_cast<std::uint32_t>(target.size()));
  return Errno::success;
}

}  // namespace skiff::wasi
