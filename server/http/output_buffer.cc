#include "server/http/output_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace skiff {

OutputBuffer::~OutputBuffer() {
  clear();
}

std::size_t OutputBuffer::room() const {
  const std::size_t used = pendingSize() + heldSize();
  return used >= kCapacity ? 0 : kCapacity - used;
}

BlockPool::Block OutputBuffer::takeBlock() {
  return usesPool_ ? pool_.take() : BlockPool::Block(new char[pool_.blockSize()]);
}

void OutputBuffer::giveBackBlock() {
  if (usesPool_ && data_ && capacity_ == pool_.blockSize()) pool_.giveBack(std::move(data_));
  data_.reset();
}

void OutputBuffer::relocate(std::size_t capacity) {
  BlockPool::Block data =
      capacity <= pool_.blockSize() ? takeBlock() : BlockPool::Block(new char[capacity]);
  const std::size_t pending = end_ - begin_;
  const std::size_t gap = heldBegin_ - end_;
  const std::size_t held = heldSize();
  if (data_) {
    std::memcpy(data.get(), data_.get() + begin_, pending);
    std::memcpy(data.get() + pending + gap, data_.get() + heldBegin_, held);
    giveBackBlock();
  }
  data_ = std::move(data);
  capacity_ = std::max(capacity, pool_.blockSize());
  begin_ = 0;
  end_ = pending;
  heldBegin_ = pending + gap;
  heldEnd_ = heldBegin_ + held;
}

void OutputBuffer::reserveBehind(std::size_t bytes) {
  if (data_ && capacity_ - heldEnd_ >= bytes) return;
  const std::size_t needed = heldEnd_ - begin_ + bytes;
  if (!data_ || needed > capacity_) {
    relocate(needed);
    return;
  }
  std::memmove(data_.get(), data_.get() + begin_, heldEnd_ - begin_);
  end_ -= begin_;
  heldBegin_ -= begin_;
  heldEnd_ -= begin_;
  begin_ = 0;
}

std::size_t OutputBuffer::hold(std::span<const std::byte> bytes) {
  const std::size_t size = std::min(bytes.size(), room());
  if (size == 0) return 0;
  if (heldSize() == 0) {
    heldBegin_ = heldEnd_ = end_;
    reserveBehind(kHeadRoom + size);
    heldBegin_ = heldEnd_ = end_ + kHeadRoom;
  } else {
    reserveBehind(size);
  }
  std::memcpy(data_.get() + heldEnd_, bytes.data(), size);
  heldEnd_ += size;
  return size;
}

void OutputBuffer::dropHeld() {
  heldBegin_ = heldEnd_ = end_;
  if (empty()) clear();
}

void OutputBuffer::insert(std::string_view text) {
  if (text.empty()) return;
  if (heldSize() == 0) {
    heldBegin_ = heldEnd_ = end_;
    reserveBehind(text.size());
    std::memcpy(data_.get() + end_, text.data(), text.size());
    end_ += text.size();
    heldBegin_ = heldEnd_ = end_;
    return;
  }
  const std::size_t gap = heldBegin_ - end_;
  if (gap < text.size()) {
    const std::size_t shift = text.size() - gap;
    reserveBehind(shift);
    std::memmove(data_.get() + heldBegin_ + shift, data_.get() + heldBegin_, heldSize());
    heldBegin_ += shift;
    heldEnd_ += shift;
  }
  std::memcpy(data_.get() + end_, text.data(), text.size());
  end_ += text.size();
}

void OutputBuffer::release(std::string_view before, std::string_view after) {
  if (heldSize() == 0) {
    insert(before);
  } else if (begin_ == end_ && heldBegin_ >= before.size()) {
    // Nothing in front: the head goes directly before its body.
    begin_ = heldBegin_ - before.size();
    std::memcpy(data_.get() + begin_, before.data(), before.size());
    end_ = heldEnd_;
  } else {
    insert(before);
    const std::size_t held = heldSize();
    std::memmove(data_.get() + end_, data_.get() + heldBegin_, held);
    end_ += held;
  }
  heldBegin_ = heldEnd_ = end_;
  insert(after);
}

void OutputBuffer::releaseLarge(std::string_view before, std::string large) {
  insert(before);
  large_ = std::move(large);
  largeSent_ = 0;
}

OutputBuffer::Pending OutputBuffer::pending() const {
  Pending pending;
  std::size_t pieces = 0;
  if (begin_ != end_) pending.pieces[pieces++] = {data_.get() + begin_, end_ - begin_};
  if (largeSent_ != large_.size())
    pending.pieces[pieces] = std::string_view(large_).substr(largeSent_);
  return pending;
}

void OutputBuffer::consume(std::size_t bytes) {
  const std::size_t first = std::min(bytes, end_ - begin_);
  begin_ += first;
  largeSent_ += bytes - first;
  if (empty()) clear();
}

void OutputBuffer::clear() {
  giveBackBlock();
  capacity_ = 0;
  begin_ = end_ = heldBegin_ = heldEnd_ = 0;
  large_ = {};
  largeSent_ = 0;
}

}  // namespace skiff
