#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "isolate/header_list.h"
#include "quota/reason.h"

namespace skiff {

/// The head of a request, as the client sent it and as the guest may change it for `next`.
struct RequestHead {
  explicit RequestHead(std::pmr::memory_resource& memory) : headers(memory), trailers(memory) {}

  std::string_view method;    ///< "GET"
  std::string_view target;    ///< path and query, begins with "/" (or "*")
  std::string_view protocol;  ///< "HTTP/1.1"
  std::string_view host;      ///< lower-level Host without port, never empty
  HeaderList headers;         ///< hop-by-hop fields removed; Host included
  HeaderList trailers;        ///< filled when the body has ended
};

struct ResponseHead {
  explicit ResponseHead(std::pmr::memory_resource& memory) : headers(memory), trailers(memory) {}

  int status = 200;     ///< 200 to 599
  HeaderList headers;   ///< without framing: Content-Length is kept only if the guest set it
  HeaderList trailers;  ///< sent if the body is chunked
};

/// What a read of a body gave.
struct BodyRead {
  std::size_t size = 0;  ///< bytes written to the front of the buffer
  bool end = false;      ///< the body is complete; stays true
  /// Neither bytes nor end: nothing has arrived yet.
  bool wouldBlock() const { return size == 0 && !end; }
};

/// What something waits for. A set of flags.
enum WaitFor : std::uint8_t {
  kWaitNothing = 0,
  kWaitRequestBody = 1,   ///< readRequestBody would give something, or the body failed
  kWaitResponseRoom = 2,  ///< writeResponseBody would take something
  kWaitNext = 4,          ///< nextState() is no longer pending
  kWaitTime = 8,          ///< the time given has come
  kWaitFile = 16,         ///< signal() was called for it
};

/// Told when what was waited for has come about. Called from the shard's loop, never from inside a
/// call to the Exchange.
class ExchangeListener {
 public:
  /// Whether onAbandoned() could be called now. If not, the listener has the exchange try again.
  virtual bool mayBeAbandoned() { return true; }
  /// The client has gone while the guest runs beside the shard: onAbandoned() follows when it is
  /// back.
  virtual void onClientGone() {}
  /// At least one of the awaited things may have happened: try again. May be spurious.
  virtual void onReady() = 0;
  /// The exchange has failed and nothing more can be sent: the client went away, its body broke or
  /// was late, or it took nothing for too long. Called at most once, and is the last call.
  virtual void onAbandoned(Reason reason) = 0;

 protected:
  ~ExchangeListener() = default;
};

enum class NextState : std::uint8_t { none, pending, ready, failed };

/// What `next` sends to the origin. The head is the exchange's request head as it is now.
struct NextRequest {
  /// Sent first. With `streamRest`, what the client still sends follows.
  std::string body;
  bool streamRest = true;
  /// Collect the origin's whole body before `ready` (http-wasm's buffer_response), so that the
  /// guest may read and replace it; else `ready` means that the origin's head is there.
  bool bufferResponse = false;
};

/// One HTTP request and its answer, as a guest ABI sees it: the border between the HTTP front end,
/// which implements it, and the guests. Nothing here blocks. All calls on the shard's thread, but
/// see leaveShard(). Bodies go through bounded buffers in both directions.
class Exchange {
 public:
  virtual ~Exchange() = default;

  /// Memory that lives as long as the exchange, for HeaderList and whatever else.
  virtual std::pmr::memory_resource& memory() = 0;

  virtual RequestHead& request() = 0;
  virtual std::string_view sourceAddress() const = 0;  ///< "127.0.0.1:4711", "[::1]:4711"
  virtual std::string_view serverAddress() const = 0;  ///< the local end, same form
  virtual std::string_view requestId() const = 0;
  /// The request came over TLS.
  virtual bool isSecure() const { return false; }
  /// The route that led here, as configured: "example.com/shop/*". See router/route_pattern.h.
  virtual std::string_view matchedRoute() const = 0;

  /// Takes body bytes that have arrived. If nothing is there yet: wouldBlock. `into` may be guest
  /// memory, so it is filled by plain stores and never handed to a system call.
  virtual BodyRead readRequestBody(std::span<std::byte> into) = 0;
  /// The body's length if the client announced it; 0 if there is no body; nothing if chunked.
  virtual std::optional<std::uint64_t> requestBodyLength() const = 0;

  /// May be changed until responseCommitted().
  virtual ResponseHead& response() = 0;
  /// The head has been handed to the network: changing it has no effect any more.
  virtual bool responseCommitted() const = 0;
  /// Takes as many bytes as there is room for, at least one unless it would block (0). The head is
  /// held back while the body fits the buffer, so that a small answer has a Content-Length.
  virtual std::size_t writeResponseBody(std::span<const std::byte> bytes) = 0;
  /// While held, nothing is committed: writeResponseBody takes what the buffer has room for and
  /// then would block, and flush() does nothing. finish*() commit all the same.
  virtual void holdResponse(bool hold) = 0;
  /// Forgets body bytes that were written and not yet committed; false if some were committed.
  virtual bool discardResponseBody() = 0;
  /// Hands what has been written so far to the network (called when the guest starts to wait).
  virtual void flush() = 0;

  /// Starts forwarding the request to the app's origin. REQUIRES: called once.
  virtual void startNext(NextRequest request) = 0;
  /// Once `ready`, response() holds the origin's head merged over what the guest had set. `failed`:
  /// the origin could not be reached or answered nonsense; the detail is in nextError().
  virtual NextState nextState() const = 0;
  virtual std::string_view nextError() const = 0;
  /// With bufferResponse and `ready`: the origin's body.
  virtual std::string_view nextBody() const = 0;

  /// The answer is complete with what was written.
  virtual void finish() = 0;
  /// The answer's body is this and nothing else. REQUIRES: nothing was committed.
  virtual void finishWith(std::string body) = 0;
  /// The answer's body is the origin's, streamed. REQUIRES: nextState() is ready, not buffered.
  virtual void finishWithNext() = 0;

  /// Who is told; nullptr for nobody. At most one.
  virtual void setListener(ExchangeListener* listener) = 0;
  /// What to tell it about from now on; replaces what was waited for before. `until` is for
  /// kWaitTime.
  virtual void waitFor(std::uint8_t what, std::chrono::steady_clock::time_point until = {}) = 0;
  /// The thread that carried the shard runs on with the guest only: from now on it touches nothing
  /// but what belongs to this exchange, and the shard, which other threads carry, leaves that
  /// alone. Bodies are read and written as far as buffers go; whatever else is called takes effect
  /// when the exchange is back. What may be called: all but startNext() and finish*().
  virtual void leaveShard() = 0;
  /// What the exchange knows nothing of (kWaitFile) has come about: the listener is told if it
  /// waits for that. From the shard's loop.
  virtual void signal(std::uint8_t what) = 0;
};

}  // namespace skiff
