#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "isolate/exchange.h"
#include "server/http/head_check.h"

namespace skiff {

/// A request's body by HTTP/2, between the frames that bring it and the guest that reads it. How
/// much is kept is bounded by the stream's window, which only what was read opens again.
///
/// While the guest is beside its shard, what it reads is left alone: what comes then waits in a
/// place of its own. One thread, but for read() and what it tells of, from setAway(true) on.
class RequestBody {
 public:
  void expect(const RequestFraming& framing);

  // What comes.

  void receive(std::span<const std::byte> bytes);
  void end();
  void setAway(bool away);

  // What is read.

  /// As Exchange::readRequestBody().
  BodyRead read(std::span<std::byte> into);
  /// read() would give something.
  bool isReadable() const { return ended_ || begin_ < bytes_.size(); }
  /// All of it was read.
  bool isOver() const { return ended_ && begin_ == bytes_.size(); }
  std::uint64_t announced() const { return announced_; }
  std::uint64_t remaining() const { return hasLength_ ? announced_ - taken_ : 0; }
  std::uint64_t taken() const { return taken_; }
  void setLimit(std::uint64_t bytes) { limit_ = bytes; }
  /// It has no length, and has become longer than the limit.
  bool exceedsLimit() const { return !hasLength_ && announced_ > limit_; }

  /// What was read since the last call: for the windows.
  std::size_t takeRead();
  /// Forgets what nobody will read; how much that was.
  std::size_t drop();

 private:
  void append(std::span<const std::byte> bytes);

  std::string bytes_;
  std::size_t begin_ = 0;  ///< of bytes_, what was read
  std::uint64_t announced_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t limit_ = UINT64_MAX;
  std::size_t read_ = 0;
  bool hasLength_ = false;
  bool ended_ = false;
  // What comes meanwhile.
  bool away_ = false;
  bool lateEnd_ = false;
  std::string late_;
};

}  // namespace skiff
