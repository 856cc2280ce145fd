#pragma once

#include <cstddef>

namespace skiff {

/// Whether the kernel has the PAGEMAP_SCAN ioctl and answers it as expected. Probed once.
bool pageScanWorks();

/// One call of PAGEMAP_SCAN over [base, base + size): up to 64 ranges of pages that are not the
/// mapped file's any more. `next` is where to go on. How many ranges, or -1.
struct PrivateRange {
  std::byte* start;
  std::byte* end;
};
inline constexpr std::size_t kScanBatch = 64;
long scanPrivatePages(std::byte* base, std::size_t size, PrivateRange* ranges, std::byte** next);

/// Calls `visit(offset, length)` for every range of [base, base + size) whose pages a private file
/// mapping has copied, until it answers false. False if the kernel could not tell.
template <class Visit>
bool forEachPrivateRange(std::byte* base, std::size_t size, Visit visit) {
  std::byte* const end = base + size;
  PrivateRange ranges[kScanBatch];
  for (std::byte* at = base; at < end;) {
    std::byte* next = end;
    const long count = scanPrivatePages(at, static_cast<std::size_t>(end - at), ranges, &next);
    if (count < 0) return false;
    for (long i = 0; i < count; ++i) {
      if (!visit(static_cast<std::size_t>(ranges[i].start - base),
                 static_cast<std::size_t>(ranges[i].end - ranges[i].start))) {
        return true;
      }
    }
    if (next <= at) return false;
    at = next;
  }
  return true;
}

}  // namespace skiff
