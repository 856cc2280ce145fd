#include "server/http/client_socket.h"

#include <sys/socket.h>
#include <unistd.h>

namespace skiff {

void ClientSocket::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void ClientSocket::reset() {
  constexpr linger kAtOnce{1, 0};
  (void)::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof kAtOnce);
  close();
}

void ClientSocket::shutDownSending() {
  (void)::shutdown(descriptor_, SHUT_WR);
}

boost::asio::ip::tcp::endpoint ClientSocket::localEndpoint() const {
  boost::asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(descriptor_, endpoint.data(), &size) != 0) return {};
  endpoint.resize(size);
  return endpoint;
}

}  // namespace skiff
