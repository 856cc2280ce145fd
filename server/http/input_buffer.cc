#include "server/http/input_buffer.h"

#include <cstring>
#include <utility>

namespace skiff {

InputBuffer::~InputBuffer() {
  if (block_) pool_.giveBack(std::move(block_));
}

void InputBuffer::moveToFront() {
  if (begin_ == 0) return;
  std::memmove(data(), data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

void InputBuffer::borrow() {
  BlockPool::Block block = pool_.take();
  std::memcpy(block.get(), small_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  block_ = std::move(block);
}

void InputBuffer::returnBlock() {
  std::memcpy(small_.data(), block_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  pool_.giveBack(std::move(block_));
}

std::span<char> InputBuffer::prepare(Growth growth) {
  if (empty()) begin_ = end_ = 0;
  if (growth == Growth::block) {
    if (!block_) borrow();
  } else if (block_ && end_ - begin_ <= kSmall / 2) {
    returnBlock();
  }
  // Moving a little to gain much: never more than half of the capacity for at least the other half.
  if (capacity() - end_ < capacity() / 2 && end_ - begin_ <= capacity() / 2) moveToFront();
  if (end_ == capacity()) moveToFront();
  return {data() + end_, capacity() - end_};
}

}  // namespace skiff
