#pragma once

#include <cstddef>
#include <memory>
#include <span>

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
  /// Maps the image privately over [base, base + size()). REQUIRES: that range is the caller's, and
  /// page-aligned.
  Result<void> mapOver(std::byte* base) const;

 private:
  MemoryImage(int descriptor, std::byte* view, std::size_t size)
      : descriptor_(descriptor), view_(view), size_(size) {}

  int descriptor_;
  std::byte* view_;
  std::size_t size_;
};

}  // namespace skiff
