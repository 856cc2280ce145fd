#include "server/http/client_socket.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace skiff {

TlsSession& ClientSocket::startTls(TlsServer& server) {
  if (!tls_) tls_ = std::make_unique<TlsSession>(server, descriptor_);
  return *tls_;
}

ssize_t ClientSocket::sendPieces(const std::array<std::string_view, 2>& pieces) {
  if (tls_) return tls_->send(pieces[0].empty() ? pieces[1] : pieces[0]);
  std::array<iovec, 2> vectors;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = vectors.size();
  return ::sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool ClientSocket::isAtEnd() {
  if (tls_) return tls_->isAtEnd();
  char byte = 0;
  const ssize_t got = ::recv(descriptor_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

void ClientSocket::close() {
  if (descriptor_ < 0) return;
  // If there is no room for that word, the client takes the connection for broken.
  if (tls_) (void)tls_->sendEnd();
  ::close(std::exchange(descriptor_, -1));
}

void ClientSocket::reset() {
  if (descriptor_ < 0) return;
  constexpr linger kAtOnce{1, 0};
  (void)::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof kAtOnce);
  ::close(std::exchange(descriptor_, -1));
}

bool ClientSocket::shutDownSending() {
  if (tls_ && !tls_->sendEnd()) return false;
  (void)::shutdown(descriptor_, SHUT_WR);
  return true;
}

boost::asio::ip::tcp::endpoint ClientSocket::localEndpoint() const {
  boost::asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(descriptor_, endpoint.data(), &size) != 0) return {};
  endpoint.resize(size);
  return endpoint;
}

}  // namespace skiff
