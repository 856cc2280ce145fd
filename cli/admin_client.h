#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// Where a daemon's admin listener is: "http://127.0.0.1:9090".
struct AdminAddress {
  std::string host;  ///< a name, or a literal address without brackets
  std::uint16_t port = 9090;

  /// From an http URL of host and port alone, or "host:port". The error says what is wrong with it.
  static Result<AdminAddress> parse(std::string_view text);
  std::string url() const;
};

struct AdminReply {
  unsigned status = 0;
  std::string body;
};

struct AdminClientLimits {
  std::chrono::milliseconds timeout{10'000};  ///< from connecting to the answer's last byte
  std::size_t body = std::size_t{64} << 20;   ///< bytes of an answer
};

/// GET `path`. Blocks until the answer is there or the limits strike. The error is one sentence
/// that names the address, what failed, and what to do.
Result<AdminReply> getFromAdmin(const AdminAddress& address, std::string_view path,
                                AdminClientLimits limits = {});

}  // namespace skiff
