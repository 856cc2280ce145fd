#include "server/http/listen_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <string>
#include <system_error>

namespace skiff {
namespace {

Error failure(const ListenAddress& address, const char* what, int error) {
  std::string message = "cannot " + std::string(what) + " " + address.text() + ": " +
                        std::generic_category().message(error);
  if (error == EADDRINUSE)
    message += "; another program listens there: stop it or choose another port";
  if (error == EACCES) message += "; ports below 1024 need CAP_NET_BIND_SERVICE";
  if (error == EADDRNOTAVAIL) message += "; this machine does not have that address";
  return Error{std::move(message)};
}

}  // namespace

ListenSocket::~ListenSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<ListenSocket> ListenSocket::open(const ListenAddress& address, Speaks speaks) {
  using boost::asio::ip::tcp;
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(address.host, error);
  if (error) return Error{"\"" + address.host + "\" is not an IPv4 or IPv6 address"};
  const tcp::endpoint endpoint(ip, address.port);

  const int descriptor = ::socket(endpoint.protocol().family(),
                                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return failure(address, "open a socket for", errno);
  ListenSocket socket(descriptor, address, speaks);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) {
    return failure(address, "share between shards", errno);
  }
  // Inherited by the accepted sockets: answers go out in as few writes as possible anyway.
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::bind(descriptor, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    return failure(address, "bind to", errno);
  }
  if (::listen(descriptor, SOMAXCONN) != 0) return failure(address, "listen on", errno);

  tcp::endpoint bound;
  socklen_t size = static_cast<socklen_t>(bound.capacity());
  if (::getsockname(descriptor, bound.data(), &size) != 0) {
    return failure(address, "find the port of", errno);
  }
  bound.resize(size);
  socket.address_.port = bound.port();
  return socket;
}

ListenSocket ListenSocket::adopt(int descriptor, const ListenAddress& address, Speaks speaks) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  return {descriptor, address, speaks};
}

Result<ListenSocket> ListenSocket::duplicate() const {
  const int copy = ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return failure(address_, "share between shards the socket of", errno);
  return ListenSocket(copy, address_, speaks_);
}

}  // namespace skiff
