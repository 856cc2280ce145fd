#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace skiff {

/// Bytes in order, at most `capacity` of them: what a stream holds between its two ends. A ring, so
/// that nothing is moved; its memory is taken with the first byte. One thread.
class ByteQueue {
 public:
  explicit ByteQueue(std::size_t capacity) : capacity_(capacity) {}

  std::size_t size() const { return size_; }
  std::size_t room() const { return capacity_ - size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }

  /// How many bytes were taken: all that there was room for.
  std::size_t write(std::span<const std::byte> bytes);
  /// How many bytes were given: all that there were or fit.
  std::size_t read(std::span<std::byte> into);

 private:
  const std::size_t capacity_;
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace skiff
