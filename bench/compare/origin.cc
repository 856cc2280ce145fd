#include "bench/compare/origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/compare/affinity.h"

namespace skiff::bench {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kAnswer = "Hello from wasm";

bool sendAll(int connection, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// Of a head that we know the senders of.
std::size_t contentLength(std::string_view head) {
  constexpr std::string_view kName = "content-length:";
  for (std::size_t at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at)) {
    ++at;
    if (head.size() - at > kName.size() &&
        ::strncasecmp(head.data() + at, kName.data(), kName.size()) == 0) {
      return std::stoul(std::string(head.substr(at + kName.size(), 20)));
    }
  }
  return 0;
}

std::string headOf(std::size_t size) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(size) +
         "\r\n\r\n";
}

}  // namespace

Origin::Origin() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const where = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, where, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, where, &size) != 0) {
    throw std::runtime_error("the origin cannot listen");
  }
  port_ = ntohs(address.sin_port);
  const OnProcessor pinned(kLoadProcessor);
  acceptor_ = std::thread([this] { accept(); });
}

Origin::~Origin() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (Connection& connection : connections_) close(connection);
  ::close(listener_);
}

void Origin::close(Connection& connection) {
  ::shutdown(connection.socket, SHUT_RDWR);
  connection.thread.join();
  ::close(connection.socket);
}

void Origin::accept() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Proxies come and go with their connections while the origin stays.
    connections_.remove_if([](Connection& old) {
      if (!old.ended) return false;
      close(old);
      return true;
    });
    Connection& connection = connections_.emplace_back(socket);
    connection.thread = std::thread([&connection] {
      serve(connection.socket);
      connection.ended = true;
    });
  }
}

void Origin::serve(int connection) {
  std::array<char, 64 << 10> buffer;
  std::string pending;
  for (;;) {
    std::size_t end = pending.find(kEnd);
    while (end == std::string::npos) {
      const ssize_t size = ::recv(connection, buffer.data(), buffer.size(), 0);
      if (size <= 0) return;
      pending.append(buffer.data(), static_cast<std::size_t>(size));
      end = pending.find(kEnd);
    }
    end += kEnd.size();
    std::size_t left = contentLength(std::string_view(pending).substr(0, end));
    pending.erase(0, end);
    if (left == 0) {
      if (!sendAll(connection, headOf(kAnswer.size()).append(kAnswer))) return;
      continue;
    }
    const std::size_t early = std::min(left, pending.size());
    if (!sendAll(connection, headOf(left).append(pending, 0, early))) return;
    pending.erase(0, early);
    left -= early;
    while (left > 0) {
      const ssize_t size = ::recv(connection, buffer.data(), std::min(buffer.size(), left), 0);
      if (size <= 0) return;
      if (!sendAll(connection, {buffer.data(), static_cast<std::size_t>(size)})) return;
      left -= static_cast<std::size_t>(size);
    }
  }
}

}  // namespace skiff::bench
