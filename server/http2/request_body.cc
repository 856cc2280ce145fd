#include "server/http2/request_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace skiff {

void RequestBody::expect(const RequestFraming& framing) {
  hasLength_ = framing.body != RequestFraming::Body::streamed;
  announced_ = framing.body == RequestFraming::Body::length ? framing.bodyLength : 0;
  ended_ = framing.body == RequestFraming::Body::none;
}

void RequestBody::append(std::span<const std::byte> bytes) {
  if (begin_ == bytes_.size()) {
    bytes_.clear();
    begin_ = 0;
  } else if (begin_ > bytes_.size() / 2) {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }
  bytes_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!hasLength_) announced_ += bytes.size();
}

void RequestBody::receive(std::span<const std::byte> bytes) {
  if (away_) {
    late_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  } else {
    append(bytes);
  }
}

void RequestBody::end() {
  (away_ ? lateEnd_ : ended_) = true;
}

void RequestBody::setAway(bool away) {
  away_ = away;
  if (away) return;
  if (!late_.empty()) append(std::as_bytes(std::span(late_)));
  late_ = {};
  if (std::exchange(lateEnd_, false)) ended_ = true;
}

BodyRead RequestBody::read(std::span<std::byte> into) {
  const std::size_t size = std::min(into.size(), bytes_.size() - begin_);
  if (size != 0) std::memcpy(into.data(), bytes_.data() + begin_, size);
  begin_ += size;
  taken_ += size;
  read_ += size;
  if (isOver()) {
    bytes_ = {};
    begin_ = 0;
  }
  return {size, isOver()};
}

std::size_t RequestBody::takeRead() {
  return std::exchange(read_, 0);
}

std::size_t RequestBody::drop() {
  const std::size_t size = bytes_.size() - begin_ + late_.size();
  bytes_ = {};
  late_ = {};
  begin_ = 0;
  return size;
}

}  // namespace skiff
