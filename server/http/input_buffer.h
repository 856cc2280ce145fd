#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "server/http/block_pool.h"

namespace skiff {

/// What a client has sent and nobody has taken yet, contiguous. Small until more is needed: an idle
/// connection keeps kSmall bytes, a large head or a body borrows a block. Bounded by the block:
/// when it is full, the socket is not read, and the client has to wait. One thread.
class InputBuffer {
 public:
  static constexpr std::size_t kSmall = 4 << 10;

  explicit InputBuffer(BlockPool& pool) : pool_(pool) {}
  ~InputBuffer();
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  std::string_view view() const { return {data() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t bytes) { begin_ += bytes; }

  enum class Growth : std::uint8_t { small, block };
  /// Where the next bytes go; empty if there is no room. Moves and reallocates what is there:
  /// views end, and no read may be under way. With Growth::block it may borrow a block.
  std::span<char> prepare(Growth growth);
  /// `bytes` have been written to what prepare() gave.
  void commit(std::size_t bytes) { end_ += bytes; }

 private:
  const char* data() const { return block_ ? block_.get() : small_.data(); }
  char* data() { return block_ ? block_.get() : small_.data(); }
  std::size_t capacity() const { return block_ ? pool_.blockSize() : kSmall; }
  void moveToFront();
  void borrow();
  void returnBlock();

  BlockPool& pool_;
  BlockPool::Block block_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::array<char, kSmall> small_;
};

}  // namespace skiff
