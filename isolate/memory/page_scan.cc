#include "isolate/memory/page_scan.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "isolate/memory/memory_image.h"

namespace skiff {
namespace {

// linux/fs.h of Linux 6.7; Debian 12's headers are older than the kernels it runs on.
struct PageRegion {
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t categories;
};
struct ScanArguments {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t walkEnd;
  std::uint64_t regions;
  std::uint64_t regionCount;
  std::uint64_t maxPages;
  std::uint64_t categoryInverted;
  std::uint64_t categoryMask;
  std::uint64_t categoryAnyOf;
  std::uint64_t returnMask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArguments);
constexpr std::uint64_t kPageIsFile = 1U << 2;
constexpr std::uint64_t kPageIsPresent = 1U << 3;
constexpr std::uint64_t kPageIsSwapped = 1U << 4;

int pagemap() {
  static const int descriptor = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  return descriptor;
}

}  // namespace

long scanPrivatePages(std::byte* base, std::size_t size, PrivateRange* ranges, std::byte** next) {
  PageRegion regions[kScanBatch];
  ScanArguments arguments{};
  arguments.size = sizeof arguments;
  arguments.start = reinterpret_cast<std::uint64_t>(base);
  arguments.end = arguments.start + size;
  arguments.regions = reinterpret_cast<std::uint64_t>(regions);
  arguments.regionCount = kScanBatch;
  arguments.categoryInverted = kPageIsFile;
  arguments.categoryMask = kPageIsFile;
  arguments.categoryAnyOf = kPageIsPresent | kPageIsSwapped;
  arguments.returnMask = kPageIsPresent;
  const long count = ::ioctl(pagemap(), kPagemapScan, &arguments);
  if (count < 0) return -1;
  for (long i = 0; i < count; ++i) {
    ranges[i] = {reinterpret_cast<std::byte*>(regions[i].start),
                 reinterpret_cast<std::byte*>(regions[i].end)};
  }
  *next = reinterpret_cast<std::byte*>(arguments.walkEnd);
  return count;
}

bool pageScanWorks() {
  static const bool works = [] {
    // Three pages of an image, the middle one written: exactly that one must be listed.
    constexpr std::size_t kPage = MemoryImage::kPageSize;
    const int descriptor = ::memfd_create("skiff-probe", MFD_CLOEXEC);
    if (descriptor < 0) return false;
    bool right = false;
    if (::ftruncate(descriptor, 3 * kPage) == 0) {
      void* const mapped =
          ::mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
      if (mapped != MAP_FAILED) {
        auto* const base = static_cast<std::byte*>(mapped);
        volatile std::byte* const first = base;
        (void)*first;
        base[kPage] = std::byte{1};
        PrivateRange ranges[kScanBatch];
        std::byte* next = nullptr;
        const long count = scanPrivatePages(base, 3 * kPage, ranges, &next);
        right = count == 1 && ranges[0].start == base + kPage && ranges[0].end == base + 2 * kPage;
        ::munmap(mapped, 3 * kPage);
      }
    }
    ::close(descriptor);
    return right;
  }();
  return works;
}

}  // namespace skiff
