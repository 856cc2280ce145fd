#include "server/restart/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace skiff {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

}  // namespace

ServiceManager ServiceManager::fromEnvironment() {
  ServiceManager manager;
  const std::string socket = variable("NOTIFY_SOCKET");
  if ((socket.starts_with('/') || socket.starts_with('@')) &&
      socket.size() < sizeof(sockaddr_un::sun_path)) {
    manager.address_ = socket;
    // Now: a sandboxed process opens no such sockets, nor begins to send to one without a path.
    manager.socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket.starts_with('@')) manager.connect();
    // The manager's queue may be full for a moment; a manager that hangs is not waited for.
    const timeval patience{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(manager.socket_.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  const std::string time = variable("WATCHDOG_USEC");
  const std::string process = variable("WATCHDOG_PID");
  std::int64_t microseconds = 0;
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), microseconds);
  const bool isNumber = error == std::errc() && end == time.data() + time.size();
  const bool isForUs = process.empty() || process == std::to_string(::getpid());
  if (isNumber && microseconds > 0 && isForUs) {
    manager.watchdog_ = std::chrono::microseconds(microseconds);
  }
  return manager;
}

std::pair<sockaddr_un, socklen_t> ServiceManager::address() const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_.front() == '@') address.sun_path[0] = '\0';
  return {address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size())};
}

void ServiceManager::connect() const {
  const auto [to, size] = address();
  (void)::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&to), size);
}

void ServiceManager::notify(std::string_view state) const {
  if (!socket_) return;
  const auto [to, size] = address();
  (void)::sendto(socket_.number(), state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to), size);
}

}  // namespace skiff
