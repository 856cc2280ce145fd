#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/byte_size.h"
#include "config/result.h"
#include "isolate/header_list.h"
#include "server/origin/byte_queue.h"

namespace skiff {

struct ResponseLimits {
  ByteSize head = 64_KiB;            ///< status line and fields of one head; trailers have the same
  std::size_t fields = 200;          ///< in one head; trailers have the same
  std::size_t interimHeads = 16;     ///< 1xx answers before the final one
  ByteSize chunkExtensions = 4_KiB;  ///< of one chunk
};

/// Whether the request was HEAD: its answer has no body whatever its fields say.
enum class ExpectBody : std::uint8_t { byHead, never };

/// Reads one HTTP/1.1 answer (RFC 9112) from bytes as they come. Interim (1xx) answers are skipped,
/// chunks are decoded, trailers are checked and dropped. Whatever can be read in two ways is an
/// error: Transfer-Encoding beside Content-Length, several Content-Length, codings other than
/// chunked, folded fields, bare CR or LF. Total on any input. One thread.
class ResponseParser {
 public:
  /// The fields of the final head go to `headers`, without hop-by-hop ones (those that Connection
  /// names included) and without Trailer; Content-Length stays. The body goes to `body`. REQUIRES:
  /// both outlive this.
  ResponseParser(HeaderList& headers, ByteQueue& body, ExpectBody expectBody,
                 ResponseLimits limits = {});
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  /// How many bytes belonged to this answer: all, unless complete(). An error is final.
  /// REQUIRES: body.room() >= bytes.size(), so that the body always fits; not complete().
  Result<std::size_t> parse(std::string_view bytes);
  /// The connection has ended: completes a body that lasts until then, else is an error.
  Result<void> finish();

  bool headComplete() const { return headComplete_; }
  bool complete() const { return complete_; }
  /// Some byte was seen, if only of an interim answer.
  bool started() const { return started_; }
  int status() const { return status_; }
  /// The connection may carry another exchange. REQUIRES: complete().
  bool keepAlive() const { return keepAlive_; }

 private:
  struct Callbacks;
  enum class Framing : std::uint8_t { none, length, chunked };

  Result<void> outcome(llhttp_errno_t code);
  void fail(std::string message);
  void count(std::size_t bytes);
  void acceptField();
  void acceptHead();
  void removeHopByHop();
  bool isInterim() const { return status_ >= 100 && status_ < 200; }

  llhttp_t parser_;
  HeaderList& headers_;
  ByteQueue& body_;
  const ExpectBody expectBody_;
  const ResponseLimits limits_;

  std::string name_;
  std::string value_;
  std::string connection_;  ///< the Connection fields' values, joined
  std::string error_;       ///< set by a callback that refuses
  std::size_t headBytes_ = 0;
  std::size_t rawHeadBytes_ = 0;
  std::size_t extensionBytes_ = 0;
  std::size_t fieldCount_ = 0;
  std::size_t interimCount_ = 0;
  int status_ = 0;
  Framing framing_ = Framing::none;
  bool started_ = false;
  bool headComplete_ = false;
  bool complete_ = false;
  bool keepAlive_ = false;
};

}  // namespace skiff
