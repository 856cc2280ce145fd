#pragma once

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isolate/header_list.h"
#include "quota/reason.h"
#include "server/http/http_limits.h"

namespace skiff {

/// Why a request is refused. `detail` is static text.
struct Refusal {
  Reason reason = Reason::none;
  int status = 0;  ///< may be finer than the reason's own
  std::string_view detail;

  explicit operator bool() const { return reason != Reason::none; }
};

/// Whether it is the name, in capitals, of a method that requests may have.
bool isKnownMethod(std::string_view name);

/// A piece of a request's head, as offsets from its beginning, so that the bytes may move.
struct HeadSpan {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;

  std::string_view in(std::string_view head) const { return head.substr(offset, length); }
};

/// Reads the requests of one connection: llhttp in its strict mode, without sockets. It is fed from
/// outside and hands out one part at a time; no code of others runs inside llhttp's callbacks.
///
/// What llhttp leaves open is checkHead()'s to refuse; only that makes a head usable.
/// One thread.
class RequestParser {
 public:
  explicit RequestParser(const HttpLimits& limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // The head.

  enum class Head : std::uint8_t { more, complete, refused };

  /// `bytes` is all that has arrived since the request's beginning: the bytes of the call before,
  /// which may lie elsewhere now, and more. Only what is new is parsed.
  Head parseHead(std::string_view bytes);
  const Refusal& refusal() const { return refusal_; }

  // What was read; partial unless `complete`.
  std::size_t headSize() const { return headSize_; }  ///< bytes up to the body's first
  HeadSpan target() const { return target_; }
  struct Field {
    HeadSpan name;
    HeadSpan value;  ///< may have trailing blanks
  };
  std::span<const Field> fields() const { return fields_; }
  /// llhttp's name of the method; empty as long as it is unknown.
  std::string_view method() const;

  // The body. REQUIRES: the head is complete, and one of these three was called since.

  void expectNoBody();
  void expectBody(std::uint64_t length);
  void expectChunks();
  /// The largest chunked body that is accepted; unlimited unless set.
  void setBodyLimit(std::uint64_t bytes) { bodyLimit_ = bytes; }

  struct BodyStep {
    std::size_t consumed = 0;  ///< of the input
    std::size_t produced = 0;  ///< at the front of `into`
  };
  /// Takes body bytes out of `input`. Consumes all of `input` unless the body ends in it, `into` is
  /// full or bodyRefusal() is set.
  BodyStep readBody(std::string_view input, std::span<std::byte> into);
  bool bodyEnded() const { return phase_ == Phase::done; }
  const Refusal& bodyRefusal() const { return refusal_; }
  /// Of a body with a length: what has not been read yet. 0 for chunked ones.
  std::uint64_t bodyRemaining() const { return remaining_; }
  /// How long the body is at least, by what it has said so far: its length, or its chunks' sum.
  std::uint64_t bodyAnnounced() const { return announced_; }
  bool isChunked() const { return chunked_; }

  /// The fields after a chunked body. The views live until reset(). REQUIRES: bodyEnded()
  struct TrailerView {
    std::string_view name;
    std::string_view value;
  };
  std::size_t trailerCount() const { return trailers_.size(); }
  TrailerView trailer(std::size_t index) const;

  /// Forgets everything: the next byte begins a new request.
  void reset();

 private:
  struct Callbacks;
  enum class Phase : std::uint8_t { head, body, done };

  int refuse(Reason reason, int status, std::string_view detail);
  int onTarget(const char* at, std::size_t length);
  int onFieldName(const char* at, std::size_t length);
  int onFieldValue(const char* at, std::size_t length);
  int onTrailer(const char* at, std::size_t length, bool isName);
  int onBody(const char* at, std::size_t length);
  int onChunkHeader();
  bool extend(HeadSpan& span, const char* at, std::size_t length);
  void refuseForParserError(llhttp_errno_t error, std::string_view bytes);
  bool framingIsHonest(std::size_t consumed, std::size_t produced);

  const HttpLimits& limits_;
  llhttp_t parser_;
  Refusal refusal_;
  Phase phase_ = Phase::head;
  bool chunked_ = false;
  bool fieldOpen_ = false;  ///< the last field's name may go on

  const char* base_ = nullptr;  ///< during parseHead: where the head begins
  std::size_t parsed_ = 0;
  std::size_t headSize_ = 0;
  HeadSpan target_;
  std::vector<Field> fields_;
  std::size_t fieldsBegin_ = 0;

  std::uint64_t remaining_ = 0;
  std::uint64_t bodyLimit_ = UINT64_MAX;
  std::uint64_t announced_ = 0;
  std::uint64_t received_ = 0;  ///< bytes of a chunked body
  std::byte* into_ = nullptr;   ///< during readBody: where the next body byte goes
  std::uint64_t framing_ = 0;   ///< bytes of a chunked body that are not the body's
  std::uint64_t chunks_ = 0;

  std::string trailerText_;
  std::vector<Field> trailers_;
};

}  // namespace skiff
