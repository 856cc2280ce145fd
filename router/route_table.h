#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "router/route_pattern.h"

namespace skiff {

/// What a route leads to: an index into whatever the owner of the table keeps beside it.
using RouteTarget = std::uint32_t;

struct RouteSpec {
  RoutePattern pattern;  ///< from RoutePattern::parse()
  int priority = 0;      ///< higher wins between routes of the same pattern
  RouteTarget target = 0;
  std::string owner;  ///< "tenant/app", for error messages
};

/// A matched route.
struct RouteMatch {
  RouteTarget target;
  std::string_view pattern;  ///< its text; lives as long as the table
};

/// Two routes of one pattern and one priority.
struct RouteConflict {
  std::string message;  ///< one sentence that names both
  std::string first;    ///< the owners
  std::string second;
};
using RouteConflicts = std::vector<RouteConflict>;

/// An immutable table of routes. The most specific wins: exact host before wildcard (longer suffix
/// first) before any; within a host, exact path before prefix, longer prefix first; if no path of a
/// host matches, the next less specific host is tried. Lookup takes no lock, allocates nothing, and
/// costs O(length of the host + length of the path); where less specific hosts have to be tried,
/// once more along the path for each of them that has routes. `const`, and so callable from any
/// thread. Replaced as a whole, never changed.
class RouteTable {
 public:
  RouteTable();
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;

  static Result<RouteTable, RouteConflicts> build(std::span<const RouteSpec> routes);

  /// `host`: the request's host in any case, port removed, a trailing dot allowed, an IPv6 address
  /// in brackets and any spelling. `path`: begins with "/", without the query. False if nothing is
  /// found; what is no host at all (over 255 bytes, empty labels) or no path ("*") matches nothing,
  /// an empty host only routes for any host.
  bool lookup(std::string_view host, std::string_view path, RouteMatch& match) const;

  /// How many routes it was built from.
  std::size_t size() const;

 private:
  struct Index;
  std::unique_ptr<const Index> index_;
};

}  // namespace skiff
