#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// A host as certificates name them (RFC 6125 and 9525), in lower case: a DNS name in ASCII
/// ("example.com"; labels of letters, digits, "-" and "_"), a name whose whole first label is "*"
/// and stands for exactly one label ("*.example.com"), or an IP address as a Host field has it
/// ("192.0.2.1", "[2001:db8::1]"). A trailing dot is taken off. Total; errors name no key.
Result<std::string> parseHostPattern(std::string_view text);

/// What a "*.…" pattern of this host would be: "*.example.com" for "www.example.com". Empty if
/// there is none. REQUIRES: `host` is in lower case.
std::string wildcardOf(std::string_view host);

}  // namespace skiff
