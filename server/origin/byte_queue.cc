#include "server/origin/byte_queue.h"

#include <algorithm>
#include <cstring>

namespace skiff {

std::size_t ByteQueue::write(std::span<const std::byte> bytes) {
  const std::size_t count = std::min(bytes.size(), room());
  if (count == 0) return 0;
  if (!bytes_) bytes_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
  const std::size_t at = (begin_ + size_) % capacity_;
  const std::size_t first = std::min(count, capacity_ - at);
  std::memcpy(bytes_.get() + at, bytes.data(), first);
  std::memcpy(bytes_.get(), bytes.data() + first, count - first);
  size_ += count;
  return count;
}

std::size_t ByteQueue::read(std::span<std::byte> into) {
  const std::size_t count = std::min(into.size(), size_);
  if (count == 0) return 0;
  const std::size_t first = std::min(count, capacity_ - begin_);
  std::memcpy(into.data(), bytes_.get() + begin_, first);
  std::memcpy(into.data() + first, bytes_.get(), count - first);
  size_ -= count;
  begin_ = size_ == 0 ? 0 : (begin_ + count) % capacity_;
  return count;
}

}  // namespace skiff
