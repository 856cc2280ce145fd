#pragma once

#include <cstddef>

namespace skiff::wasi {

/// What pays for the memory of a MemoryFileSystem. Called on the thread that uses the file system.
class MemoryBudget {
 public:
  virtual ~MemoryBudget() = default;
  /// False: there are no `bytes` left, and none is taken.
  [[nodiscard]] virtual bool take(std::size_t bytes) = 0;
  /// Never more than was taken.
  virtual void giveBack(std::size_t bytes) = 0;
};

/// What one part of a file system has taken of the budget; given back when the part goes.
class MemoryClaim {
 public:
  /// `budget` must outlive it.
  explicit MemoryClaim(MemoryBudget& budget) : budget_(budget) {}
  ~MemoryClaim() { shrink(size_); }
  MemoryClaim(const MemoryClaim&) = delete;
  MemoryClaim& operator=(const MemoryClaim&) = delete;

  [[nodiscard]] bool grow(std::size_t bytes) {
    if (bytes > 0 && !budget_.take(bytes)) return false;
    size_ += bytes;
    return true;
  }
  /// REQUIRES: bytes <= what was claimed.
  void shrink(std::size_t bytes) {
    size_ -= bytes;
    if (bytes > 0) budget_.giveBack(bytes);
  }
  /// Hands a part over to another claim on the same budget, which is not asked.
  void handOver(std::size_t bytes, MemoryClaim& to) {
    size_ -= bytes;
    to.size_ += bytes;
  }

 private:
  MemoryBudget& budget_;
  std::size_t size_ = 0;
};

/// What the allocator takes for an object of `size` bytes: its own word before it, and rounding.
constexpr std::size_t allocatedSize(std::size_t size) {
  constexpr std::size_t kHeader = 8;
  constexpr std::size_t kAlignment = 16;
  return (size + kHeader + kAlignment - 1) / kAlignment * kAlignment;
}

/// What the nodes of std::map hold besides their value.
inline constexpr std::size_t kMapNodeSize = 4 * sizeof(void*);

}  // namespace skiff::wasi
