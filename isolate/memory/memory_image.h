#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "config/result.h"

namespace skiff {

/// The linear memory of a version as it was after initialisation: sealed in a memfd that all its
/// instances map privately, so that what they do not write is there once. Immutable; any thread.
class MemoryImage {
 public:
  static constexpr std::size_t kPageSize = 4096;

  /// Copies `memory` (a multiple of the page size). Pages of zeros take no room.
  static Result<std::shared_ptr<const MemoryImage>> capture(std::span<const std::byte> memory);
  ~MemoryImage();
  MemoryImage(const MemoryImage&) = delete;
  MemoryImage& operator=(const MemoryImage&) = delete;

  std::size_t size() const { return size_; }
  /// The bytes, read-only.
  const std::byte* data() const { return view_; }
  /// Whether page `page` is all zeros. REQUIRES: it is inside.
  bool isZeroPage(std::size_t page) const { return zeroPages_[page]; }
  /// Maps the image privately over [base, base + size()). REQUIRES: that range is the caller's, and
  /// page-aligned.
  Result<void> mapOver(std::byte* base) const;

 private:
  MemoryImage(int descriptor, std::byte* view, std::size_t size, std::vector<bool> zeroPages)
      : descriptor_(descriptor), view_(view), size_(size), zeroPages_(std::move(zeroPages)) {}

  int descriptor_;
  std::byte* view_;
  std::size_t size_;
  std::vector<bool> zeroPages_;
};

}  // namespace skiff
