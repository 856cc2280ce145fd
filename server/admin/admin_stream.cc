#include "server/admin/admin_stream.h"

#include <openssl/x509v3.h>
#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>

#include "config/printable.h"
#include "server/tls/certificate_facts.h"

namespace skiff {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// Asio's wrapper gives back what it is given.
asio::ssl::context wrap(const AdminCertificate& certificate) {
  SSL_CTX* const context = certificate.context();
  SSL_CTX_up_ref(context);
  return asio::ssl::context(context);
}

HandshakeOutcome outcomeOf(const error_code& error) {
  if (error == boost::beast::error::timeout) return HandshakeOutcome::timeout;
  if (error.category() != asio::error::get_ssl_category()) return HandshakeOutcome::gone;
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  const bool isPlain = reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST;
  return isPlain ? HandshakeOutcome::plain : HandshakeOutcome::refused;
}

}  // namespace

AdminStream::AdminStream(asio::ip::tcp::socket socket,
                         std::shared_ptr<const AdminCertificate> certificate)
    : tcp_(std::move(socket)), certificate_(std::move(certificate)) {
  if (!certificate_) return;
  asio::ssl::context context = wrap(*certificate_);
  tls_.emplace(tcp_, context);
}

asio::awaitable<HandshakeOutcome> AdminStream::handshake() {
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kAwait);
  if (!error) {
    co_return SSL_session_reused(tls_->native_handle()) == 1 ? HandshakeOutcome::resumed
                                                             : HandshakeOutcome::full;
  }
  spdlog::debug("TLS handshake at the admin listener failed: {}", error.message());
  const HandshakeOutcome outcome = outcomeOf(error);
  if (outcome == HandshakeOutcome::plain) tls_.reset();
  co_return outcome;
}

asio::awaitable<void> AdminStream::sendEnd() {
  if (tls_ && SSL_is_init_finished(tls_->native_handle()) == 1) {
    // It waits for the client's answer as well, which may come without a word.
    [[maybe_unused]] const auto [late] = co_await tls_->async_shutdown(kAwait);
  }
  error_code ignored;
  tcp_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

std::string AdminStream::clientName() {
  if (!tls_) return {};
  const X509* const shown = SSL_get0_peer_certificate(tls_->native_handle());
  return shown != nullptr ? ownerOf(*shown) : std::string();
}

}  // namespace skiff
