#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// A host and path pattern. Text form "host/path":
///   host  exact ("www.example.com"), wildcard ("*.example.com": one or more labels before it, not
///         example.com itself) or any ("*"). Case does not matter; no port (requests are matched
///         with their port taken off).
///   path  exact ("/a/b") or prefix ("/a/*": "/a/" and whatever follows, and "/a" itself; "/*" is
///         everything). "*" is allowed only as the last segment.
struct RoutePattern {
  enum class Host { exact, wildcard, any };
  enum class Path { exact, prefix };

  Host hostKind = Host::exact;
  std::string host;  ///< lower case; for wildcard without the "*."; empty for any
  Path pathKind = Path::prefix;
  std::string path;  ///< for prefix without the "*", so it ends in "/"

  static Result<RoutePattern> parse(std::string_view text);
  std::string text() const;
  bool operator==(const RoutePattern&) const = default;
};

}  // namespace skiff
