#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "router/route_pattern.h"

namespace skiff {

/// Whether every host of `inner` is one of `outer`'s.
bool hostCovers(const RoutePattern& outer, const RoutePattern& inner);

/// Which tenants have routes on which hosts, so that nobody takes another's. Hosts overlap if one
/// covers the other; the host "*" is a fallback that overlaps with none but itself. Any thread.
class HostIndex {
 public:
  /// Adds the hosts to what the tenant has; nothing, if `exclusive` and one of them overlaps with a
  /// host of another tenant: then that pattern's text is in `taken`, and the answer false.
  bool add(const std::string& tenant, const std::vector<RoutePattern>& hosts, bool exclusive,
           std::string* taken);
  /// Whether the tenant has this host, or a wildcard that covers it. The host "*" covers none.
  bool has(const std::string& tenant, const RoutePattern& host) const;
  /// Takes away what add() added.
  void remove(const std::string& tenant, const std::vector<RoutePattern>& hosts);
  void removeTenant(const std::string& tenant);

  struct Hosts {
    std::string tenant;
    std::vector<RoutePattern> hosts;
  };
  struct Overlap {
    std::string tenant;
    std::string host;   ///< the pattern's text
    std::string other;  ///< the tenant that has it too
  };
  /// Takes away all that the tenants `gone` and those of `now` have, and has those of `now` have
  /// what is said there instead, with no moment between in which another could take a host. What
  /// overlaps with hosts of tenants beside them is added too, and is the answer.
  std::vector<Overlap> replace(const std::vector<std::string>& gone, const std::vector<Hosts>& now);
  void clear();

 private:
  /// Another tenant that the host overlaps with; nothing if there is none. Until the next change.
  const std::string* takenBy(const std::string& tenant, const RoutePattern& host) const;
  const std::string* otherAt(const std::string& key, const std::string& tenant) const;
  void erase(const std::string& tenant);

  mutable std::mutex mutex_;
  /// By labels from the right ("com.example.www", "com.example.*", "*"), so that what one wildcard
  /// covers is together; to how many routes each tenant has there.
  std::map<std::string, std::map<std::string, std::size_t>> hosts_;
};

}  // namespace skiff
