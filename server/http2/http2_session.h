#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "isolate/header_list.h"
#include "server/http/http_limits.h"
#include "server/http2/http2_error.h"

struct nghttp2_session;

namespace skiff {

class Http2Stream;

/// What a stream has for a DATA frame.
struct Http2Chunk {
  std::size_t size = 0;
  bool end = false;       ///< nothing follows, but for trailers
  bool trailers = false;  ///< with `end`: they follow, and were submitted
};

/// Told what comes over a connection of HTTP/2. Called from inside feed() and nextOutput(), and so
/// must only take note, or submit. May leave by an exception, which ends the connection.
class Http2SessionListener {
 public:
  /// A request's fields begin to come; the stream to attach, which stays attached until
  /// onStreamClosed(). nullptr: the stream was reset.
  virtual Http2Stream* onHeadBegin(std::int32_t id) = 0;
  virtual void onTrailersBegin(Http2Stream& stream) = 0;
  virtual void onField(std::string_view name, std::string_view value) = 0;
  /// The fields are complete; `ended`: and so is the request.
  virtual void onHead(Http2Stream& stream, bool ended) = 0;
  /// The trailers are complete, and so is the request.
  virtual void onTrailers(Http2Stream& stream) = 0;
  /// The stream's fields break the rules of RFC 9113, 8: it is reset.
  virtual void onMalformed(Http2Stream& stream) = 0;
  virtual void onBody(Http2Stream& stream, std::span<const std::byte> bytes) = 0;
  /// After bytes, or none.
  virtual void onBodyEnd(Http2Stream& stream) = 0;
  /// Any frame that is not useful by itself: those that keep a server busy for nothing.
  virtual void onControlFrame() = 0;
  virtual void onSettings() = 0;
  virtual void onPong() = 0;
  /// The client has reset it: onStreamClosed() follows.
  virtual void onReset(Http2Stream& stream) = 0;
  /// The stream is over on both sides, or was reset by one; it is not attached any more.
  virtual void onStreamClosed(Http2Stream& stream, std::uint32_t error) = 0;
  /// Fills a DATA frame with what the stream has; nothing at all: it is asked again after resume().
  virtual Http2Chunk onDataFrame(Http2Stream& stream, std::span<std::byte> into) = 0;

 protected:
  ~Http2SessionListener() = default;
};

/// The server's end of one connection of HTTP/2 (RFC 9113): nghttp2, without sockets. Bytes go in
/// by feed() and come out by nextOutput(); neither may be called from inside the other. What breaks
/// the protocol is answered by itself, as section 5.4 says. One thread.
class Http2Session {
 public:
  /// Submits SETTINGS, and a WINDOW_UPDATE for the connection. Throws std::bad_alloc.
  Http2Session(Http2SessionListener& listener, const HttpLimits& limits);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  /// Takes all of it. False if the connection cannot go on: GOAWAY has been submitted, unless there
  /// is no memory.
  bool feed(std::span<const char> bytes);
  /// What is to be sent next, until the next call; empty if there is nothing.
  std::string_view nextOutput();
  bool wantsRead() const;
  bool wantsWrite() const;
  /// Frames, other than DATA, that wait to be sent.
  std::size_t outputFrames() const;

  /// That many bytes of the stream's body have been used, and more may come.
  void consume(std::int32_t id, std::size_t bytes);
  /// The same for a stream that is gone: for the connection only.
  void consumeConnection(std::size_t bytes);

  /// A head. With a body, onDataFrame() is asked for it.
  enum class Body : bool { none, follows };
  void respond(std::int32_t id, std::span<const Header> fields, Body body);
  /// A head before the head: 100 (Continue).
  void inform(std::int32_t id, std::span<const Header> fields);
  /// From onDataFrame() only.
  void submitTrailers(std::int32_t id, std::span<const Header> fields);
  /// Has onDataFrame() asked again.
  void resume(std::int32_t id);
  void reset(std::int32_t id, Http2Error error);

  /// Says that the connection will end, and asks for onPong().
  void announceEnd();
  /// Streams that have begun go on; further ones are not served.
  void refuseNew();
  /// Ends it: after GOAWAY, nothing is sent.
  void terminate(Http2Error error);

 private:
  struct Callbacks;

  Http2SessionListener& listener_;
  nghttp2_session* session_ = nullptr;
};

}  // namespace skiff
