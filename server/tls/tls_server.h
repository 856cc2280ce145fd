#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "server/tls/certificate_table.h"
#include "server/tls/ticket_keys.h"

struct ssl_st;

namespace skiff {

/// What all TLS connections of a server share, on all of its shards: the certificates, which may be
/// replaced at any time, and the keys of its session tickets. Any thread.
class TlsServer {
 public:
  enum class Http2 : bool { no, offered };
  explicit TlsServer(std::shared_ptr<const CertificateTable> certificates,
                     Http2 http2 = Http2::offered,
                     TicketKeys::Clock clock = std::chrono::steady_clock::now)
      : http2_(http2), certificates_(std::move(certificates)), ticketKeys_(clock) {}
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::shared_ptr<const CertificateTable> certificates() const {
    const std::lock_guard lock(mutex_);
    return certificates_;
  }
  /// For the connections that begin from now on; the others keep theirs.
  void replace(std::shared_ptr<const CertificateTable> certificates) {
    const std::lock_guard lock(mutex_);
    certificates_.swap(certificates);
  }
  TicketKeys& ticketKeys() { return ticketKeys_; }
  /// Whether clients that would like to speak HTTP/2 may.
  bool offersHttp2() const { return http2_ == Http2::offered; }

 private:
  const Http2 http2_;
  mutable std::mutex mutex_;
  std::shared_ptr<const CertificateTable> certificates_;
  TicketKeys ticketKeys_;
};

/// What the callbacks of an SSL know of its connection, and what they have chosen for it. Whoever
/// makes an SSL from a certificate's context gives it one, which must outlive it.
struct TlsPeer {
  explicit TlsPeer(TlsServer& server_);
  /// An SSL for the server's end, with the default certificate until the client has named a host.
  /// Throws std::bad_alloc.
  ssl_st* newSsl();

  TlsServer& server;
  std::shared_ptr<const CertificateTable> table;   ///< until a certificate is chosen
  std::shared_ptr<const Certificate> certificate;  ///< never empty
  std::string hostName;                            ///< that the client has named, in lower case
};

}  // namespace skiff
