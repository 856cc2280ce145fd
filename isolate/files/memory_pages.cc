#include "isolate/files/memory_pages.h"

#include <algorithm>
#include <cstring>

namespace skiff::wasi {

std::size_t MemoryPages::read(std::uint64_t offset, std::span<std::byte> into) const {
  if (offset >= size_) return 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
  auto page = pages_.lower_bound(offset / kPageSize);
  for (std::size_t done = 0; done < count;) {
    const std::uint64_t number = (offset + done) / kPageSize;
    const auto within = static_cast<std::size_t>((offset + done) % kPageSize);
    const std::size_t part = std::min(kPageSize - within, count - done);
    if (page != pages_.end() && page->first == number) {
      std::memcpy(&into[done], &page->second[within], part);
      ++page;
    } else {
      std::memset(&into[done], 0, part);
    }
    done += part;
  }
  return count;
}

std::size_t MemoryPages::write(std::uint64_t offset, std::span<const std::byte> from) {
  auto page = pages_.lower_bound(offset / kPageSize);
  std::size_t done = 0;
  while (done < from.size()) {
    const std::uint64_t number = (offset + done) / kPageSize;
    const auto within = static_cast<std::size_t>((offset + done) % kPageSize);
    const std::size_t part = std::min(kPageSize - within, from.size() - done);
    if (page == pages_.end() || page->first != number) {
      if (!claim_.grow(kPageCost)) break;
      page = pages_.try_emplace(page, number);  // zeros
    }
    std::memcpy(&page->second[within], &from[done], part);
    ++page;
    done += part;
  }
  if (done > 0) size_ = std::max(size_, offset + done);
  return done;
}

void MemoryPages::resize(std::uint64_t size) {
  if (size < size_) {
    const auto within = static_cast<std::size_t>(size % kPageSize);
    auto page = pages_.lower_bound(size / kPageSize);
    if (within > 0 && page != pages_.end() && page->first == size / kPageSize) {
      std::fill(page->second.begin() + within, page->second.end(), std::byte{0});
      ++page;
    }
    while (page != pages_.end()) {
      page = pages_.erase(page);
      claim_.shrink(kPageCost);
    }
  }
  size_ = size;
}

bool MemoryPages::reserve(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t first = offset / kPageSize;
  const std::uint64_t last = (offset + length - 1) / kPageSize;
  std::uint64_t missing = last - first + 1;
  for (auto page = pages_.lower_bound(first); page != pages_.end() && page->first <= last; ++page) {
    --missing;
  }
  // Asked for at once: what cannot be had is refused before any of it is made.
  static_assert(kMaxSize / kPageSize + 1 <= std::numeric_limits<std::size_t>::max() / kPageCost);
  if (!claim_.grow(missing * kPageCost)) return false;
  auto page = pages_.lower_bound(first);
  for (std::uint64_t number = first; missing > 0; ++number) {
    if (page == pages_.end() || page->first != number) {
      page = pages_.try_emplace(page, number);
      --missing;
    }
    ++page;
  }
  size_ = std::max(size_, offset + length);
  return true;
}

}  // namespace skiff::wasi
