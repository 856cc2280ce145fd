#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff::cli {

/// Files in PEM that connections over TLS take; each may be empty.
struct TlsFiles {
  std::string ca{};           ///< who vouches for the daemon; empty: the system's authorities
  std::string certificate{};  ///< what the client shows, and those that vouch for it
  std::string key{};          ///< its key; empty: in the same file
};

/// Where a daemon's admin listener is: "http://127.0.0.1:9090", and how it is known over https.
struct AdminAddress {
  std::string host;  ///< a name, or a literal address without brackets
  std::uint16_t port = 9090;
  bool isEncrypted = false;  ///< https
  TlsFiles tls{};

  /// The same listener, whatever files there are for it.
  bool operator==(const AdminAddress& other) const {
    return host == other.host && port == other.port && isEncrypted == other.isEncrypted;
  }

  /// From an http or https URL of host and port alone, or "host:port" (http); the port is 9090 for
  /// http and 443 for https if there is none. The error says what is wrong with it.
  static Result<AdminAddress> parse(std::string_view text);
  std::string url() const;
  /// As the Host field has it: "127.0.0.1:9090", "[::1]:9090".
  std::string authority() const;
  /// Whether what is sent stays on this machine: localhost, 127.0.0.0/8 or ::1.
  bool isLoopback() const;
};

}  // namespace skiff::cli
