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

#include "deploy/blobs/descriptor.h"

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
  if (socket.starts_with('/') || socket.starts_with('@')) manager.socket_ = socket;
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

void ServiceManager::notify(std::string_view state) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof(address.sun_path)) return;
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return;
  // The manager's queue may be full for a moment; a manager that hangs is not waited for.
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)::sendto(socket.number(), state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace skiff
