#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "isolate/abi/wasi_errno.h"
#include "isolate/abi/wasi_functions.h"
#include "isolate/abi/wasi_state.h"

namespace skiff::wasi {
namespace {

/// Largest buffer that fd_readdir fills: a short answer means the directory's end, so it cannot
/// stop early.
constexpr std::uint32_t kMaxReaddir = 1 << 20;

FileType typeOf(unsigned char type) {
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

/// Fills the front of a span; what does not fit is cut.
class Filler {
 public:
  explicit Filler(std::span<std::byte> into) : into_(into) {}
  void put(const void* bytes, std::size_t size) {
    const std::size_t fits = std::min(size, into_.size() - used_);
    if (fits > 0) std::memcpy(into_.data() + used_, bytes, fits);
    used_ += fits;
  }
  bool full() const { return used_ == into_.size(); }
  std::size_t used() const { return used_; }

 private:
  std::span<std::byte> into_;
  std::size_t used_ = 0;
};

void putEntry(Filler& filler, const dirent64& entry) {
  const std::string_view name(entry.d_name);
  const auto next = static_cast<std::uint64_t>(entry.d_off);
  const std::uint64_t inode = entry.d_ino;
  const auto size = static_cast<std::uint32_t>(name.size());
  const auto type = static_cast<std::uint8_t>(typeOf(entry.d_type));
  std::array<std::byte, kDirentSize> head{};
  std::memcpy(&head[0], &next, sizeof next);
  std::memcpy(&head[8], &inode, sizeof inode);
  std::memcpy(&head[16], &size, sizeof size);
  std::memcpy(&head[20], &type, sizeof type);
  filler.put(head.data(), head.size());
  filler.put(name.data(), name.size());
}

/// Reads entries from the directory's position until the filler is full or there are no more.
Errno fill(Filler& filler, int directory) {
  alignas(dirent64) std::array<std::byte, 8192> buffer;
  while (!filler.full()) {
    const ssize_t size = ::getdents64(directory, buffer.data(), buffer.size());
    if (size < 0) return errnoOf(errno);
    if (size == 0) break;
    for (ssize_t at = 0; at < size && !filler.full();) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer.data() + at);
      putEntry(filler, *entry);
      at += entry->d_reclen;
    }
  }
  return Errno::success;
}

}  // namespace

Errno fdPrestatGet(HostContext& context, const std::uint32_t* slots) {
  const Descriptor* descriptor = context.state<WasiState>().find(slots[0]);
  if (!descriptor || !descriptor->grant) return Errno::badf;
  // Tag 0, a directory; then the length of its name.
  const auto size = static_cast<std::uint32_t>(descriptor->grant->guest.size());
  std::array<std::byte, kPrestatSize> prestat{};
  std::memcpy(&prestat[4], &size, sizeof size);
  return context.memory().write(slots[1], prestat) ? Errno::success : Errno::fault;
}

Errno fdPrestatDirName(HostContext& context, const std::uint32_t* slots) {
  const Descriptor* descriptor = context.state<WasiState>().find(slots[0]);
  if (!descriptor || !descriptor->grant) return Errno::badf;
  const std::string& name = descriptor->grant->guest;
  if (slots[2] < name.size()) return Errno::nametoolong;
  return context.memory().write(slots[1], name) ? Errno::success : Errno::fault;
}

Errno fdReaddir(HostContext& context, const std::uint32_t* slots) {
  const auto [directory, error] = context.state<WasiState>().directory(slots[0], kFdReaddir);
  if (!directory) return error;
  if (slots[2] > kMaxReaddir) return Errno::inval;
  const auto into = context.memory().slice(slots[1], slots[2]);
  if (!into || !context.memory().slice(slots[5], sizeof(std::uint32_t))) return Errno::fault;

  // A cookie is the kernel's own position behind an entry; it takes any number without harm.
  const auto cookie = static_cast<off_t>(slot64(slots + 3));
  if (::lseek(directory->file.get(), cookie, SEEK_SET) < 0) return errnoOf(errno);
  Filler filler(*into);
  if (const Errno failed = fill(filler, directory->file.get()); failed != Errno::success) {
    return failed;
  }
  context.memory().store(slots[5], static_cast<std::uint32_t>(filler.used()));
  return Errno::success;
}

}  // namespace skiff::wasi
