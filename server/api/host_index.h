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
  /// Takes away what add() added.
  void remove(const std::string& tenant, const std::vector<RoutePattern>& hosts);
  void removeTenant(const std::string& tenant);
  void clear();

 private:
  bool isTakenFrom(const std::string& tenant, const RoutePattern& host) const;
  bool hasOther(const std::string& key, const std::string& tenant) const;

  mutable std::mutex mutex_;
  /// By labels from the right ("com.example.www", "com.example.*", "*"), so that what one wildcard
  /// covers is together; to how many routes each tenant has there.
  std::map<std::string, std::map<std::string, std::size_t>> hosts_;
};

}  // namespace skiff
