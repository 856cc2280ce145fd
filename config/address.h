#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "config/result.h"

namespace skiff {

/// "host:port", the host a literal IPv4 address or an IPv6 one in brackets: "127.0.0.1:8080",
/// "[::1]:8080". Names are refused, so that what is bound does not depend on a resolver. The
/// result's host is in canonical form: two texts of one address give equal values. Errors name no
/// key.
Result<ListenAddress> parseListenAddress(std::string_view text);

/// "http://host[:port]" and nothing more, in the form in which it is used: scheme and host in lower
/// case. The host is a name or a literal address (RFC 3986, section 3.2.2). Errors name no key.
Result<std::string> parseOrigin(std::string_view text);

}  // namespace skiff
