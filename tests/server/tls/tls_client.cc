#include "tests/server/tls/tls_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace skiff::testing {

TlsClient::TlsClient(std::uint16_t port, const Options& options)
    : context_(SSL_CTX_new(TLS_client_method())), piece_(options.piece) {
  SSL_CTX* const context = context_.get();
  // What the server refuses must be its own choice.
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, options.version != 0 ? options.version : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, options.version != 0 ? options.version : TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
    static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))->session_.reset(session);
    return 1;
  });
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context, options.ciphers.c_str());
  if (!options.suites.empty()) SSL_CTX_set_ciphersuites(context, options.suites.c_str());
  if (!options.groups.empty()) SSL_CTX_set1_groups_list(context, options.groups.c_str());
  if (options.shows != nullptr) {
    SSL_CTX_use_certificate_chain_file(context, options.shows->certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context, options.shows->key.c_str(), SSL_FILETYPE_PEM);
  }
  ssl_.reset(SSL_new(context));
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  if (!options.host.empty()) SSL_set_tlsext_host_name(ssl_.get(), options.host.c_str());
  if (!options.protocols.empty()) {
    SSL_set_alpn_protos(ssl_.get(),
                        reinterpret_cast<const unsigned char*>(options.protocols.data()),
                        static_cast<unsigned>(options.protocols.size()));
  }
  if (options.fallsBack) SSL_set_mode(ssl_.get(), SSL_MODE_SEND_FALLBACK_SCSV);
  if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);

  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (options.receiveBuffer != 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &options.receiveBuffer, sizeof(int));
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl_.get());
    const int error = SSL_get_error(ssl_.get(), result);
    const unsigned long reason = ERR_peek_error();
    if (!flush()) break;
    if (result == 1) {
      connected_ = true;
      break;
    }
    if (error != SSL_ERROR_WANT_READ) {
      const char* const text = ERR_reason_error_string(reason);
      failure_ = text != nullptr ? text : "";
      break;
    }
    if (!fill()) break;
  }
}

TlsClient::~TlsClient() {
  // Or OpenSSL would not resume its session again.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  if (socket_ >= 0) ::close(socket_);
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string TlsClient::commonName() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return {};
  std::array<char, 256> text{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text.data(),
                            static_cast<int>(text.size()));
  return text.data();
}

std::string TlsClient::serial() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  std::uint64_t number = 0;
  ASN1_INTEGER_get_uint64(&number, X509_get0_serialNumber(certificate));
  return std::to_string(number);
}

TlsClient::Session TlsClient::session() {
  return std::move(session_);
}

bool TlsClient::flush() {
  std::array<char, 16 << 10> bytes;
  while (true) {
    const int size = BIO_read(SSL_get_wbio(ssl_.get()), bytes.data(), bytes.size());
    if (size <= 0) return true;
    for (std::size_t sent = 0; sent < static_cast<std::size_t>(size);) {
      const std::size_t most = std::min(piece_, static_cast<std::size_t>(size) - sent);
      const ssize_t count = ::send(socket_, bytes.data() + sent, most, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
  }
}

bool TlsClient::fill() {
  std::array<char, 16 << 10> bytes;
  const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (size <= 0) return false;
  return BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(size)) == size;
}

bool TlsClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    // Not more at once than memory should hold.
    const std::string_view part = bytes.substr(0, 64 << 10);
    if (SSL_write(ssl_.get(), part.data(), static_cast<int>(part.size())) <= 0) return false;
    if (!flush()) return false;
    bytes.remove_prefix(part.size());
  }
  return true;
}

std::string TlsClient::readSome() {
  // Longer than the socket's own patience.
  return readWithin(std::chrono::hours(1)).value_or("");
}

std::optional<std::string> TlsClient::readWithin(std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + patience;
  if (!ahead_.empty()) return std::exchange(ahead_, {});
  std::string bytes(16 << 10, '\0');
  while (true) {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    const int error = SSL_get_error(ssl_.get(), size);
    flush();
    if (size > 0) return bytes.substr(0, static_cast<std::size_t>(size));
    if (error != SSL_ERROR_WANT_READ) return "";
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd come{socket_, POLLIN, 0};
    constexpr std::chrono::milliseconds kMost{10'000};
    const int found = ::poll(&come, 1, static_cast<int>(std::clamp(left, {}, kMost).count()));
    if (found == 0 && left <= kMost) return std::nullopt;
    if (found <= 0 || !fill()) return "";
  }
}

std::string TlsClient::readExactly(std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string more = readSome();
    if (more.empty()) return all;
    all += more;
  }
  ahead_ = all.substr(size);
  all.resize(size);
  return all;
}

std::string TlsClient::readAnswer() {
  std::string all;
  std::size_t end = std::string::npos;
  while ((end = all.find("\r\n\r\n")) == std::string::npos) {
    const std::string more = readSome();
    if (more.empty()) return all;
    all += more;
  }
  end += 4;
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = all.find(kLength);
  const std::size_t length =
      at == std::string::npos ? 0 : std::stoul(all.substr(at + kLength.size()));
  ahead_ = all.substr(end);
  return all.substr(0, end) + readExactly(length);
}

std::string TlsClient::readToEnd() {
  std::string all;
  while (true) {
    const std::string more = readSome();
    if (more.empty()) return all;
    all += more;
  }
}

void TlsClient::sayEnd() {
  SSL_shutdown(ssl_.get());
  flush();
}

void TlsClient::finishSending() {
  ::shutdown(socket_, SHUT_WR);
}

void TlsClient::reset() {
  constexpr linger kAtOnce{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof kAtOnce);
  ::close(std::exchange(socket_, -1));
}

}  // namespace skiff::testing
