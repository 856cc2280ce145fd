#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "deploy/blobs/descriptor.h"

namespace skiff {

/// The service manager that started this process and wants to know how it does (sd_notify(3)):
/// systemd, where the unit says Type=notify. Any thread.
class ServiceManager {
 public:
  /// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. REQUIRES: no other thread changes the
  /// environment.
  static ServiceManager fromEnvironment();

  /// `state` is lines such as "READY=1". Does nothing where nobody wants to know, and no more than
  /// that where it cannot be told.
  void notify(std::string_view state) const;
  /// How long it waits for a "WATCHDOG=1" before it ends the service; nothing: it does not.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

 private:
  std::pair<sockaddr_un, socklen_t> address() const;
  void connect() const;

  std::string address_;  ///< a path, or "@" and an abstract name
  Descriptor socket_;    ///< that is sent from; empty: nobody wants to know
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace skiff
