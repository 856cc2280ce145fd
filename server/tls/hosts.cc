#include "server/tls/hosts.h"

#include <algorithm>
#include <functional>

#include "config/host_pattern.h"

namespace skiff {

bool coversHost(const std::vector<std::string>& hosts, std::string_view host) {
  const auto has = [&hosts](std::string_view name) {
    return std::binary_search(hosts.begin(), hosts.end(), name, std::less<>());
  };
  if (has(host)) return true;
  if (host.starts_with('[')) {
    const auto canonical = parseHostPattern(host);
    return canonical.has_value() && has(*canonical);
  }
  const std::string wildcard = wildcardOf(host);
  return !wildcard.empty() && has(wildcard);
}

}  // namespace skiff
