#include "tests/soak/origin.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace skiff::soak {

Origin::Origin() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, general, size) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, general, &size) != 0) {
    throw std::runtime_error("no socket for the origin");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Origin::~Origin() {
  stop_ = true;
  thread_.join();
  for (const Peer& peer : peers_) ::close(peer.socket);
  ::close(listener_);
}

void Origin::run() {
  constexpr int kLook = 100;
  while (!stop_) {
    std::vector<pollfd> waited{{listener_, POLLIN, 0}};
    for (const Peer& peer : peers_) waited.push_back({peer.socket, POLLIN, 0});
    if (::poll(waited.data(), waited.size(), kLook) <= 0) continue;
    for (std::size_t i = 1; i < waited.size(); ++i) {
      Peer& peer = peers_[i - 1];
      if (waited[i].revents == 0 || serve(peer)) continue;
      ::close(peer.socket);
      peer.socket = -1;
    }
    std::erase_if(peers_, [](const Peer& peer) { return peer.socket < 0; });
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted >= 0) peers_.push_back({accepted, {}});
  }
}

bool Origin::serve(Peer& peer) {
  std::array<char, 8192> bytes;
  const ssize_t got = ::recv(peer.socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return true;
  if (got <= 0) return false;
  peer.input.append(bytes.data(), static_cast<std::size_t>(got));
  for (;;) {
    const std::size_t end = peer.input.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    const std::size_t begin = peer.input.find(' ') + 1;
    const std::string path = peer.input.substr(begin, peer.input.find(' ', begin) - begin);
    peer.input.erase(0, end + 4);
    if (path.starts_with("/next/reset")) {
      constexpr linger kAtOnce{1, 0};
      ::setsockopt(peer.socket, SOL_SOCKET, SO_LINGER, &kAtOnce, sizeof kAtOnce);
      return false;
    }
    const std::string body = answer(path);
    const std::string whole =
        path.starts_with("/next/garbage")
            ? "what is this\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                  body;
    if (::send(peer.socket, whole.data(), whole.size(), MSG_NOSIGNAL) < 0) return false;
  }
}

}  // namespace skiff::soak
