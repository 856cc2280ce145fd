#include "isolate/files/memory_file.h"

#include <algorithm>
#include <utility>

namespace skiff::wasi {
namespace {

constexpr std::uint64_t kMaxSize = MemoryPages::kMaxSize;
constexpr std::uint32_t kLastAdvice = 5;  // noreuse

}  // namespace

MemoryFile::MemoryFile(std::shared_ptr<MemoryTree> tree, MemoryNodePointer node, Access access)
    : tree_(std::move(tree)), node_(std::move(node)), access_(access) {}

FileResult<FileStat> MemoryFile::stat(Patience) {
  return node_->stat();
}

Errno MemoryFile::setTimes(const NewTimes& times) {
  node_->setTimes(times, tree_->now());
  return Errno::success;
}

Errno MemoryFile::sync(bool) {
  return Errno::success;
}

FileResult<std::size_t> MemoryFile::read(std::span<std::byte> into,
                                         std::optional<std::uint64_t> offset, Patience) {
  if (offset && *offset > kMaxSize) return Errno::inval;
  if (!access_.read) return Errno::badf;
  const std::size_t count = node_->pages().read(offset.value_or(position_), into);
  if (!offset) position_ += count;
  return count;
}

FileResult<std::size_t> MemoryFile::write(std::span<const std::byte> from,
                                          std::optional<std::uint64_t> offset) {
  if (offset && *offset > kMaxSize) return Errno::inval;
  if (!access_.write) return Errno::badf;
  if (from.empty()) return std::size_t{0};
  MemoryPages& pages = node_->pages();
  const std::uint64_t start = offset ? *offset : access_.append ? pages.size() : position_;
  if (start >= kMaxSize) return Errno::fbig;
  const std::size_t count =
      pages.write(start, from.first(std::min<std::uint64_t>(from.size(), kMaxSize - start)));
  if (count == 0) return Errno::nospc;
  node_->modify(tree_->now());
  if (!offset) position_ = start + count;
  return count;
}

FileResult<std::uint64_t> MemoryFile::seek(std::int64_t offset, Whence whence) {
  std::uint64_t base = 0;
  if (whence == Whence::current) base = position_;
  if (whence == Whence::end) base = node_->pages().size();
  // Neither is above the largest signed number, so the sum wraps to above it if it goes over either
  // end.
  const std::uint64_t position = base + static_cast<std::uint64_t>(offset);
  if (position > kMaxSize) return Errno::inval;
  position_ = position;
  return position;
}

Errno MemoryFile::setAppend(bool append) {
  access_.append = append;
  return Errno::success;
}

Errno MemoryFile::setSize(std::uint64_t size) {
  if (!access_.write || size > kMaxSize) return Errno::inval;
  node_->pages().resize(size);
  node_->modify(tree_->now());
  return Errno::success;
}

Errno MemoryFile::allocate(std::uint64_t offset, std::uint64_t length) {
  if (offset > kMaxSize || length > kMaxSize || length == 0) return Errno::inval;
  if (!access_.write) return Errno::badf;
  if (length > kMaxSize - offset) return Errno::fbig;
  if (!node_->pages().reserve(offset, length)) return Errno::nospc;
  node_->modify(tree_->now());
  return Errno::success;
}

Errno MemoryFile::advise(std::uint64_t offset, std::uint64_t length, std::uint32_t advice) {
  if (offset > kMaxSize || length > kMaxSize || advice > kLastAdvice) return Errno::inval;
  return Errno::success;
}

}  // namespace skiff::wasi
