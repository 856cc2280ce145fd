#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// The registry part of an image reference, "host[:port]": a name, an IPv4 address or an IPv6 one
/// in brackets, in lower case, the port without leading zeros; "index.docker.io" becomes
/// "docker.io". Two texts of one registry give equal values, but a port that is the scheme's
/// default stays. Errors are a reason only: the caller names key or reference.
Result<std::string> parseRegistryName(std::string_view text);

}  // namespace skiff
