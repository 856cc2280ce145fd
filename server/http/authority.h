#pragma once

#include <optional>
#include <string_view>

namespace skiff {

/// A checked host with an optional port: the value of Host, or the authority of an absolute target.
struct Authority {
  std::string_view host;  ///< without port and without a trailing dot; IPv6 keeps its brackets
  std::string_view port;  ///< digits, at most 65535; empty if there was none
};

/// Takes apart `host[:port]` (RFC 3986, 3.2.2), or nothing if it is not one. Stricter than the
/// grammar where readers differ: no user, no percent-encoding, no empty label, letters, digits and
/// "-_.~" only, at most 255 bytes.
std::optional<Authority> parseAuthority(std::string_view text);

}  // namespace skiff
