#pragma once

#include <cstddef>
#include <memory>

#include "quota/reason.h"
#include "server/http/connection_ledger.h"
#include "server/http/http_limits.h"
#include "server/http/listen_socket.h"
#include "server/http/request_handler.h"

namespace boost::asio {
class io_context;
}

namespace skiff {

class TlsServer;

/// Told when a draining front end has become empty.
class DrainListener {
 public:
  /// No connection is left. Once per drain(), from the shard's loop.
  virtual void onDrained() = 0;

 protected:
  ~DrainListener() = default;
};

/// One shard's HTTP/1.1 server: accepts on its listening sockets and serves the connections.
///
/// Everything happens on the thread that runs `context`, where all functions must be called (post
/// to it from elsewhere) or while nothing runs it. Make the io_context with a concurrency hint
/// of 2. `context`, `ledger` and `handler` outlive the front end, and `context` does not run any
/// more after it is destroyed, unless the front end had become empty before. Exchanges that are
/// alive then are destroyed without a call to the handler: call abortAll() first to have them
/// reported.
class HttpFrontEnd {
 public:
  HttpFrontEnd(boost::asio::io_context& context, const HttpLimits& limits, ConnectionLedger& ledger,
               RequestHandler& handler);
  ~HttpFrontEnd();
  HttpFrontEnd(const HttpFrontEnd&) = delete;
  HttpFrontEnd& operator=(const HttpFrontEnd&) = delete;

  /// Starts to accept. A listener survives every accept error: when descriptors or memory run out
  /// it pauses and tries again. `tls`: what is spoken with there; nullptr: HTTP without TLS. It
  /// outlives the front end.
  void listen(ListenSocket socket, TlsServer* tls = nullptr);

  /// Closes the listening sockets; connections go on.
  void stopAccepting();

  /// Takes those who have connected already, then stops accepting, and lets the next answer of each
  /// connection be its last. Idle connections have HttpLimits::partingTimeout for another request,
  /// then they are closed. The caller keeps the deadline: abortAll() when it has come.
  /// `listener`, if any, must outlive the front end or its call.
  void drain(DrainListener* listener);

  /// Ends every exchange and closes every connection. What is uncommitted is answered with
  /// `reason`'s status, as far as the client takes it at once.
  void abortAll(Reason reason = Reason::drained);

  /// Goes on where an exception that left the loop has interrupted it. From the loop.
  void resume();

  std::size_t connections() const;  ///< open, idle ones included
  std::size_t exchanges() const;    ///< between onRequest and onFinished

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skiff
