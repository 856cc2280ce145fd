#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/result.h"
#include "isolate/header_list.h"

namespace skiff {

/// One request as bytes on their way to an origin (RFC 9112): the head, then the body as it comes,
/// in chunks or as it is. Holds a bounded amount, and on demand what was sent, to send it again.
/// One thread.
class RequestUpload {
 public:
  /// `limit`: how much of the body may wait; as much of what was sent is remembered.
  explicit RequestUpload(std::size_t limit) : limit_(limit) {}

  /// Writes the head. An error if method, target or a field could not be sent as it is.
  Result<void> start(std::string_view method, std::string_view target, const HeaderList& headers,
                     std::string_view authority, std::optional<std::uint64_t> bodyLength);

  /// How many body bytes were taken; 0 if there is no room. An error if there are more of them than
  /// was announced.
  Result<std::size_t> write(std::span<const std::byte> bytes);
  /// The body is complete; of an announced length it also is with its last byte. An error if there
  /// were fewer bytes than was announced.
  Result<void> finish();
  /// What still comes is accepted and forgotten.
  void drop() { dropped_ = true; }
  /// At least half of the buffer is free.
  bool hasRoom() const { return dropped_ || waiting() <= limit_ / 2; }

  /// The next bytes to send; empty if there are none. Stays the same, and where it is, until
  /// sent().
  std::string_view next();
  void sent(std::size_t count);
  /// The last next() was not sent, or the connection is gone: only what sent() was told counts.
  void sendingFailed() { issued_ = sentTotal_; }
  /// The whole request was sent.
  bool complete() const { return finished_ && waiting() == 0; }
  /// The whole request was sent or given out by next().
  bool allIssued() const { return finished_ && pending_.empty(); }

  /// Keeps what is sent from now on, until it is too much or forgetSent(). REQUIRES: nothing sent.
  void rememberSent() { remembers_ = true; }
  void forgetSent();
  /// The request may be sent once more from its first byte (RFC 9110, 9.2.2): it is all at hand,
  /// and doing it twice does no harm or the origin cannot have done it yet.
  bool repeatable() const;
  /// Begins with the first byte again. REQUIRES: repeatable(), nothing being sent.
  void rewind();

 private:
  std::size_t waiting() const { return pending_.size() + sending_.size() - sendingOffset_; }

  const std::size_t limit_;
  bool idempotent_ = false;
  bool chunked_ = false;
  std::uint64_t bodyLeft_ = 0;  ///< of an announced length
  bool hasBody_ = false;
  bool finished_ = false;
  bool dropped_ = false;

  std::string pending_;  ///< behind `sending_`
  std::string sending_;
  std::size_t sendingOffset_ = 0;
  std::size_t headSize_ = 0;
  std::uint64_t issued_ = 0;  ///< bytes that next() gave out: the origin may have them
  std::uint64_t sentTotal_ = 0;
  bool remembers_ = false;
  std::string remembered_;
};

}  // namespace skiff
