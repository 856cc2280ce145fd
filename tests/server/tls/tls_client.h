#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "server/tls/openssl_handle.h"

namespace skiff::testing {

/// A blocking TLS client on 127.0.0.1, made of OpenSSL over memory, so that a test decides how the
/// bytes cross the network. Trusts everybody. A read that gives nothing for ten seconds ends as if
/// the server had closed.
class TlsClient {
 public:
  struct Options {
    std::string host = {};       ///< SNI; empty: none
    int version = 0;             ///< TLS1_2_VERSION and so on; 0: 1.2 or 1.3
    std::string ciphers = {};    ///< of TLS 1.2 and before; empty: OpenSSL's choice
    std::string suites = {};     ///< of TLS 1.3; empty: OpenSSL's choice
    std::string groups = {};     ///< for key exchange; a share of the first is sent at once
    std::string protocols = {};  ///< ALPN, each with its length before it; empty: none
    const CertificateConfig* shows = nullptr;  ///< the client's own certificate
    SSL_SESSION* session = nullptr;            ///< to resume
    std::size_t piece = SIZE_MAX;              ///< bytes that are sent at once
    int receiveBuffer = 0;                     ///< of the socket; 0: the system's
    bool fallsBack = false;                    ///< says that a higher version failed (RFC 7507)
  };
  /// Connects and shakes hands; isConnected() tells whether that went well.
  TlsClient(std::uint16_t port, const Options& options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool isConnected() const { return connected_; }
  const std::string& failure() const { return failure_; }  ///< OpenSSL's words, if any
  std::string version() const { return SSL_get_version(ssl_.get()); }
  bool isResumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  std::string protocol() const;    ///< ALPN's choice
  std::string commonName() const;  ///< of the server's certificate
  std::string serial() const;
  SSL* ssl() { return ssl_.get(); }

  using Session = std::unique_ptr<SSL_SESSION, OpensslFree<SSL_SESSION_free>>;
  /// To resume; with TLS 1.3, once something was read.
  Session session();

  /// False if the server has gone.
  bool send(std::string_view bytes);
  /// At least one byte, "" at the end.
  std::string readSome();
  /// The same; nothing if neither comes within `patience`.
  std::optional<std::string> readWithin(std::chrono::milliseconds patience);
  std::string readExactly(std::size_t size);
  /// One answer that has a Content-Length: head and body.
  std::string readAnswer();
  std::string ask(std::string_view request) {
    send(request);
    return readAnswer();
  }
  std::string readToEnd();
  /// After the end: the server has said so (close_notify) before its FIN.
  bool endedProperly() const { return SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN; }
  /// Says that no more is sent (close_notify).
  void sayEnd();
  /// FIN, with or without that word before it.
  void finishSending();
  void reset();

 private:
  bool flush();
  bool fill();

  ContextHandle context_;
  std::unique_ptr<SSL, OpensslFree<SSL_free>> ssl_;
  int socket_ = -1;
  std::size_t piece_;
  bool connected_ = false;
  std::string failure_;
  Session session_;
  std::string ahead_;
};

}  // namespace skiff::testing
