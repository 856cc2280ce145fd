#include "isolate/memory/memory_image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace skiff {
namespace {

Error systemError(const char* what) {
  return Error{std::string("cannot ") + what + " a memory image: " + std::strerror(errno)};
}

/// Nobody changes it from now on. F_SEAL_WRITE says the same, but then the kernel has to see that
/// nobody is writing at the moment, and may wait for every processor to hand in pages it has just
/// made.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;

bool isZero(const std::byte* page) {
  return page[0] == std::byte{0} && std::memcmp(page, page + 1, MemoryImage::kPageSize - 1) == 0;
}

/// Writes the pages that are not all zeros, each run of them in one go.
bool writePages(int descriptor, std::span<const std::byte> memory) {
  constexpr std::size_t kPage = MemoryImage::kPageSize;
  std::size_t offset = 0;
  while (offset < memory.size()) {
    if (isZero(&memory[offset])) {
      offset += kPage;
      continue;
    }
    std::size_t end = offset + kPage;
    while (end < memory.size() && !isZero(&memory[end])) end += kPage;
    while (offset < end) {
      const ssize_t written =
          ::pwrite(descriptor, &memory[offset], end - offset, static_cast<off_t>(offset));
      if (written <= 0) return false;
      offset += static_cast<std::size_t>(written);
    }
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<const MemoryImage>> MemoryImage::capture(std::span<const std::byte> memory) {
  const int descriptor = ::memfd_create("skiff-image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return systemError("create");
  void* view = MAP_FAILED;
  if (::ftruncate(descriptor, static_cast<off_t>(memory.size())) == 0 &&
      writePages(descriptor, memory) && ::fcntl(descriptor, F_ADD_SEALS, kSeals) == 0) {
    view = memory.empty() ? nullptr
                          : ::mmap(nullptr, memory.size(), PROT_READ, MAP_PRIVATE, descriptor, 0);
  }
  if (view == MAP_FAILED) {
    const Error error = systemError("write");
    ::close(descriptor);
    return error;
  }
  std::vector<bool> zeroPages(memory.size() / kPageSize);
  for (std::size_t page = 0; page < zeroPages.size(); ++page) {
    zeroPages[page] = isZero(&memory[page * kPageSize]);
  }
  return std::shared_ptr<const MemoryImage>(new MemoryImage(
      descriptor, static_cast<std::byte*>(view), memory.size(), std::move(zeroPages)));
}

MemoryImage::~MemoryImage() {
  if (view_) ::munmap(view_, size_);
  ::close(descriptor_);
}

Result<void> MemoryImage::mapOver(std::byte* base) const {
  void* const mapped = ::mmap(base, size_, PROT_READ | PROT_WRITE,
                              MAP_FIXED | MAP_PRIVATE | MAP_NORESERVE, descriptor_, 0);
  if (mapped == MAP_FAILED) return systemError("map");
  return {};
}

}  // namespace skiff
