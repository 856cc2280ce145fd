#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/server/http/http_client.h"
#include "tests/server/tls/tls_client.h"

namespace skiff::soak {

struct Reply {
  int status = 0;
  std::string reason = {};  ///< the field skiff-reason
  std::string body = {};
  bool isComplete = false;   ///< its framing says that nothing is missing
  bool isLast = false;       ///< nothing follows on its connection
  std::string failure = {};  ///< what went wrong where it is not complete
};

/// A connection of HTTP/1.1 to 127.0.0.1, plain or over TLS. Blocking; a read that gives nothing
/// for ten seconds ends as if the server had closed. Owned by one thread.
class Http1 {
 public:
  explicit Http1(std::uint16_t port, int receiveBuffer = 0);
  /// Over TLS; throws if there is no handshake.
  Http1(std::uint16_t port, const std::string& host, SSL_SESSION* session);

  bool send(std::string_view bytes);
  Reply receive();
  Reply ask(std::string_view request);
  /// At least one byte, "" at the end.
  std::string readSome(std::size_t most = 16 << 10);
  /// From now on, a pause before each read.
  void readSlowly(std::chrono::milliseconds pause) { pause_ = pause; }
  void reset();
  skiff::testing::TlsClient* tls() { return tls_.get(); }

 private:
  bool takeMore();
  bool takeLine(std::string& line);
  bool takeBody(std::size_t size, std::string& body);
  bool receiveInto(Reply& reply);

  std::unique_ptr<HttpClient> plain_;
  std::unique_ptr<skiff::testing::TlsClient> tls_;
  std::string input_;
  std::chrono::milliseconds pause_{0};
};

}  // namespace skiff::soak
