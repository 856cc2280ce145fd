#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// Where an app's origin is.
struct OriginAddress {
  std::string host;  ///< a name or a literal address, without brackets
  std::uint16_t port = 80;
  std::string authority;  ///< for Host and for messages: "example.org", "[::1]:9000"

  /// From "http://host[:port]", with at most "/" behind it (RFC 3986); the error says what is
  /// wrong.
  static Result<OriginAddress> parse(std::string_view url);
};

}  // namespace skiff
