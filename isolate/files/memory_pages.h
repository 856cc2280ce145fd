#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>

#include "isolate/files/memory_budget.h"

namespace skiff::wasi {

/// The content of a regular file: pages of 4 KiB where something was written, zeros elsewhere. Each
/// page is claimed with the node of the index that holds it, so a hole costs nothing.
class MemoryPages {
 public:
  static constexpr std::size_t kPageSize = 4096;
  /// The largest file that Linux knows, in bytes.
  static constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

  /// `budget` must outlive it.
  explicit MemoryPages(MemoryBudget& budget) : claim_(budget) {}

  std::uint64_t size() const { return size_; }

  /// How many bytes there were: fewer than asked for at the end, none behind it.
  std::size_t read(std::uint64_t offset, std::span<std::byte> into) const;
  /// How many bytes the budget had room for.
  /// REQUIRES: offset + from.size() <= kMaxSize.
  std::size_t write(std::uint64_t offset, std::span<const std::byte> from);
  /// Cuts the file or appends a hole.
  /// REQUIRES: size <= kMaxSize.
  void resize(std::uint64_t size);
  /// Backs a range with pages, so that writing there cannot fail, and lets the file reach to its
  /// end. False: the budget has not that much, and nothing changed.
  /// REQUIRES: 0 < length, offset + length <= kMaxSize.
  [[nodiscard]] bool reserve(std::uint64_t offset, std::uint64_t length);

 private:
  using Page = std::array<std::byte, kPageSize>;
  using Index = std::map<std::uint64_t, Page>;  // by offset / kPageSize
  static constexpr std::size_t kPageCost = allocatedSize(kMapNodeSize + sizeof(Index::value_type));

  MemoryClaim claim_;
  // Bytes behind the end are zero in a page too, so that the file can grow over them.
  Index pages_;
  std::uint64_t size_ = 0;
};

}  // namespace skiff::wasi
