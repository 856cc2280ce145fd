#include "server/tls/tls_session.h"

#include <cerrno>
#include <new>

#include "server/tls/openssl_handle.h"
#include "server/tls/socket_bio.h"

namespace skiff {

void TlsSession::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsSession::TlsSession(TlsServer& server, int descriptor)
    : peer_(server),
      socket_(std::make_unique<SocketEnd>(SocketEnd{descriptor})),
      ssl_(peer_.newSsl()) {
  BIO* const bio = makeSocketBio(*socket_).release();
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_msg_callback(ssl_.get(), onMessage);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  socket_->budget = kHandshakeBytes;
}

TlsSession::~TlsSession() = default;

void TlsSession::onMessage(int isWritten, int, int type, const void*, std::size_t, ssl_st*,
                           void* session) {
  auto& self = *static_cast<TlsSession*>(session);
  if (isWritten == 0 && type == SSL3_RT_HANDSHAKE && self.established_) ++self.quiet_;
}

TlsSession::Progress TlsSession::handshake() {
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) break;
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_WRITE) return Progress::needsRoom;
    if (error != SSL_ERROR_WANT_READ) return fail(error);
    // Without AUTO_RETRY it may also mean that a message has been dealt with.
    if (socket_->blocked) return Progress::needsBytes;
  }
  established_ = true;
  socket_->budget = SIZE_MAX;
  outcome_ =
      SSL_session_reused(ssl_.get()) == 1 ? HandshakeOutcome::resumed : HandshakeOutcome::full;
  return Progress::done;
}

TlsSession::Progress TlsSession::fail(int error) {
  broken_ = true;
  const unsigned long reason = ERR_peek_error();
  outcome_ = HandshakeOutcome::refused;
  if (socket_->ended || (error == SSL_ERROR_SYSCALL && socket_->budget != 0)) {
    outcome_ = HandshakeOutcome::gone;
  } else if (ERR_GET_LIB(reason) == ERR_LIB_SSL &&
             (ERR_GET_REASON(reason) == SSL_R_HTTP_REQUEST ||
              ERR_GET_REASON(reason) == SSL_R_HTTPS_PROXY_REQUEST)) {
    outcome_ = HandshakeOutcome::plain;
  }
  if (const char* const text = ERR_reason_error_string(reason)) failure_ = text;
  ERR_clear_error();
  return Progress::failed;
}

ssize_t TlsSession::wouldBlock() {
  errno = EAGAIN;
  return -1;
}

/// OpenSSL takes nothing more after a failure, and neither does the client.
ssize_t TlsSession::breakOff() {
  broken_ = true;
  ERR_clear_error();
  errno = ECONNABORTED;
  return -1;
}

ssize_t TlsSession::receive(std::span<char> into) {
  needsRoom_ = false;
  socket_->drained = socket_->blocked = false;
  while (!broken_) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    if (quiet_ > kQuietMessages) return breakOff();
    if (result == 1) {
      quiet_ = 0;
      return static_cast<ssize_t>(got);
    }
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_ZERO_RETURN:
        return 0;
      case SSL_ERROR_WANT_WRITE:
        needsRoom_ = true;
        return wouldBlock();
      case SSL_ERROR_WANT_READ:
        if (socket_->blocked) return wouldBlock();
        break;
      default:
        return breakOff();
    }
  }
  return breakOff();
}

bool TlsSession::mayHoldMore() const {
  return !socket_->drained || SSL_has_pending(ssl_.get()) == 1;
}

ssize_t TlsSession::send(std::string_view bytes) {
  if (broken_ || endSent_) return breakOff();
  ERR_clear_error();
  std::size_t sent = 0;
  if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1) {
    return static_cast<ssize_t>(sent);
  }
  switch (SSL_get_error(ssl_.get(), 0)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return wouldBlock();
    default:
      return breakOff();
  }
}

bool TlsSession::isAtEnd() {
  if (broken_) return true;
  ERR_clear_error();
  char byte = 0;
  std::size_t got = 0;
  if (SSL_peek_ex(ssl_.get(), &byte, 1, &got) == 1) return false;
  const int error = SSL_get_error(ssl_.get(), 0);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
  if (error != SSL_ERROR_ZERO_RETURN) breakOff();
  return true;
}

bool TlsSession::sendEnd() {
  if (!established_ || broken_ || endSent_) return true;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  if (result < 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE) return false;
  ERR_clear_error();
  endSent_ = true;
  return true;
}

bool TlsSession::speaksHttp2() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &length);
  return std::string_view(reinterpret_cast<const char*>(name), length) == "h2";
}

TlsVersion TlsSession::version() const {
  // Until a cipher is chosen, OpenSSL gives the version that it would like.
  if (SSL_get_pending_cipher(ssl_.get()) == nullptr) return TlsVersion::none;
  switch (SSL_version(ssl_.get())) {
    case TLS1_2_VERSION:
      return TlsVersion::tls12;
    case TLS1_3_VERSION:
      return TlsVersion::tls13;
    default:
      return TlsVersion::none;
  }
}

}  // namespace skiff
