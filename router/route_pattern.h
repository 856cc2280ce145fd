#pragma once

#include <string>
#include <string_view>

#include "config/result.h"

namespace skiff {

/// A host and path pattern. Text form "host/path":
///   host  exact ("www.example.com", "127.0.0.1", "[::1]"), wildcard ("*.example.com": one or more
///         labels before it, not example.com itself) or any ("*"). Case does not matter; no port
///         (requests are matched with their port taken off).
///   path  exact ("/a/b") or prefix ("/a/*": "/a/" and whatever follows, and "/a" itself; "/*" is
///         everything). "*" is allowed only as the last segment.
/// Paths are compared byte by byte with what the client sent: percent-encodings are not decoded and
/// dot segments not resolved, neither here nor in requests. So a pattern holds no byte that cannot
/// be in a request's path, and nothing that clients would not send.
struct RoutePattern {
  enum class Host { exact, wildcard, any };
  enum class Path { exact, prefix };

  Host hostKind = Host::exact;
  /// Lower case; an IPv6 address in brackets and canonical; for wildcard without the "*."; empty
  /// for any.
  std::string host;
  Path pathKind = Path::prefix;
  std::string path;  ///< for prefix without the "*", so it ends in "/"

  /// Total: any text gives a pattern or an error that names it, what is wrong and what to do.
  static Result<RoutePattern> parse(std::string_view text);
  /// The text form; parse() of it gives the same pattern.
  std::string text() const;
  bool operator==(const RoutePattern&) const = default;
};

}  // namespace skiff
