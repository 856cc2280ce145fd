#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "quota/reason.h"
#include "server/tls/tls_words.h"

namespace skiff {

class Certificate;
class HttpExchange;

/// A request that never became an exchange: its head was malformed, too large or too late, or the
/// connection was one too many. It has been answered with `status`, and its connection is closed.
/// The views are valid during the call only and hold what the client sent, unchecked.
struct RefusedRequest {
  Reason reason = Reason::none;
  int status = 0;  ///< may be finer than the reason's own: 417, 501, 505 go with bad_request
  std::string_view detail;  ///< what was wrong; also in the answer
  std::string_view requestId;
  std::string_view sourceAddress;
  std::string_view serverAddress;
  std::string_view method;    ///< as far as it had come; may be empty
  std::string_view target;    ///< the same
  std::string_view protocol;  ///< "HTTP/2.0"; empty if it did not come so far
  std::uint64_t bytesReceived = 0;
  std::uint64_t bytesSent = 0;
  std::chrono::steady_clock::time_point startTime;
};

/// What answers requests. One per shard; all calls on the shard's thread, from its loop.
///
/// Reentrancy: whatever a handler does to an exchange inside these calls (finish, fail, wait) takes
/// effect after the call has returned. The handler is never called from inside a call to an
/// exchange.
class RequestHandler {
 public:
  /// A request's head has been read and checked; its body may still be on its way. The handler
  /// answers through `exchange`, at once or later: the exchange lives until onFinished returns.
  virtual void onRequest(HttpExchange& exchange) = 0;

  /// The exchange is over: its answer is completely handed over, or it died. Once per onRequest;
  /// the last call before the exchange and its attachment are destroyed. Here for the access log
  /// and the metrics: what was sent, received and why is in the exchange.
  virtual void onFinished(HttpExchange& exchange) = 0;

  /// Around a connection's event from the loop (bytes have arrived, something was posted): what the
  /// handler has to do for long is best done in onEventEnd(), where nothing but the loop is on the
  /// stack. That may leave by an exception, also one that ends the loop's run().
  virtual void onEventBegin() {}
  virtual void onEventEnd() {}

  /// A client that begins TLS has named this host (SNI), in lower case, and is shown this
  /// certificate, which need not be for it. Once in a handshake, before its end, and never for one
  /// that could not go on. The client may ask for another host later, or for nothing.
  virtual void onHostNamed(std::string_view /*host*/, const Certificate& /*certificate*/) {}

  /// A client's TLS handshake has ended. `version` is none where it did not come so far.
  virtual void onHandshake(TlsVersion /*version*/, HandshakeOutcome /*outcome*/) {}

  /// A request was refused before there was an exchange.
  virtual void onRefused(const RefusedRequest& request) = 0;

 protected:
  ~RequestHandler() = default;
};

}  // namespace skiff
