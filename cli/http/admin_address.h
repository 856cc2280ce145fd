#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff::cli {

/// Where a daemon's admin listener is: "http://127.0.0.1:9090"; https where a proxy stands in
/// front.
struct AdminAddress {
  std::string host;  ///< a name, or a literal address without brackets
  std::uint16_t port = 9090;
  bool isEncrypted = false;  ///< https

  bool operator==(const AdminAddress&) const = default;

  /// From an http or https URL of host and port alone, or "host:port"; the port is 9090 for http
  /// and 443 for https if there is none. The error says what is wrong with it.
  static Result<AdminAddress> parse(std::string_view text);
  std::string url() const;
  /// As the Host field has it: "127.0.0.1:9090", "[::1]:9090".
  std::string authority() const;
  /// Whether what is sent stays on this machine: localhost, 127.0.0.0/8 or ::1.
  bool isLoopback() const;
};

}  // namespace skiff::cli
