#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {

/// The socket that a service manager listens on, and what it was told.
class ServiceManager {
 public:
  ServiceManager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_ = (folder_ / "notify").string();
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("bind");
    }
  }
  ~ServiceManager() { ::close(socket_); }
  ProcessOptions options(std::vector<std::string> more = {}) const {
    more.push_back("NOTIFY_SOCKET=" + path_);
    return {STDIN_FILENO, std::move(more), {}};
  }
  /// The next message; empty if none comes.
  std::string next(std::chrono::milliseconds patience = kPatience) {
    pollfd readable{socket_, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(patience.count())) != 1) return {};
    char text[512];
    const ssize_t size = ::recv(socket_, text, sizeof text, 0);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
  int socket_ = -1;
};

}  // namespace skiff::e2e
