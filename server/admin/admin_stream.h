#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/tls/admin_certificate.h"
#include "server/tls/tls_words.h"

namespace skiff {

/// A client's connection to the admin listener, with TLS or without: what Asio calls an
/// AsyncStream. One thread.
class AdminStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;

  /// `certificate`: what is shown; null: no TLS.
  AdminStream(boost::asio::ip::tcp::socket socket,
              std::shared_ptr<const AdminCertificate> certificate);
  AdminStream(const AdminStream&) = delete;
  AdminStream& operator=(const AdminStream&) = delete;

  executor_type get_executor() { return tcp_.get_executor(); }
  boost::asio::ip::tcp::socket& socket() { return tcp_.socket(); }
  void expires_after(std::chrono::steady_clock::duration time) { tcp_.expires_after(time); }
  void expires_at(std::chrono::steady_clock::time_point when) { tcp_.expires_at(when); }
  void close() { tcp_.close(); }

  bool isTls() const { return tls_.has_value(); }
  /// A client that it refuses was told why, if it understands TLS. To one that does not, the stream
  /// speaks without it from now on. REQUIRES: isTls().
  boost::asio::awaitable<HandshakeOutcome> handshake();
  /// Says that no more is sent, over TLS also to the client's TLS. Ends when time is over.
  boost::asio::awaitable<void> sendEnd();

  /// What the client's certificate, which was verified, calls its owner: its common name, else its
  /// first DNS name, address, e-mail address or URI; printable, 64 bytes at most. Empty if it has
  /// shown none.
  std::string clientName();
  /// Whether the certificate that is shown is for this host.
  bool covers(std::string_view host) const { return certificate_ && certificate_->covers(host); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return tcp_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return tcp_.async_write_some(buffers, std::forward<Token>(token));
  }
  /// async_read_some() past TLS.
  template <class Buffers, class Token>
  auto readBytes(const Buffers& buffers, Token&& token) {
    return tcp_.async_read_some(buffers, std::forward<Token>(token));
  }

 private:
  boost::beast::tcp_stream tcp_;
  std::shared_ptr<const AdminCertificate> certificate_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace skiff
