#include "server/api/host_index.h"

namespace skiff {
namespace {

std::string keyOf(const RoutePattern& pattern) {
  if (pattern.hostKind == RoutePattern::Host::any) return "*";
  // Labels of an address are no hierarchy; nothing covers one.
  if (pattern.host.starts_with('[')) return pattern.host;
  std::string key;
  std::string_view rest = pattern.host;
  while (true) {
    const std::size_t dot = rest.rfind('.');
    key += dot == rest.npos ? rest : rest.substr(dot + 1);
    if (dot == rest.npos) break;
    key += '.';
    rest = rest.substr(0, dot);
  }
  if (pattern.hostKind == RoutePattern::Host::wildcard) key += ".*";
  return key;
}

}  // namespace

bool hostCovers(const RoutePattern& outer, const RoutePattern& inner) {
  if (outer.hostKind == RoutePattern::Host::any) return true;
  if (outer.hostKind == RoutePattern::Host::exact) {
    return inner.hostKind == RoutePattern::Host::exact && inner.host == outer.host;
  }
  if (inner.hostKind == RoutePattern::Host::any) return false;
  if (inner.hostKind == RoutePattern::Host::wildcard && inner.host == outer.host) return true;
  return inner.host.ends_with("." + outer.host);
}

const std::string* HostIndex::otherAt(const std::string& key, const std::string& tenant) const {
  const auto found = hosts_.find(key);
  if (found == hosts_.end()) return nullptr;
  for (const auto& [one, count] : found->second) {
    if (one != tenant) return &one;
  }
  return nullptr;
}

const std::string* HostIndex::takenBy(const std::string& tenant, const RoutePattern& host) const {
  const std::string key = keyOf(host);
  const std::string* other = otherAt(key, tenant);
  if (other || host.hostKind == RoutePattern::Host::any) return other;
  // Wildcards above: "com.example.*" and "com.*" for "com.example.www".
  for (std::size_t dot = key.rfind('.'); dot != key.npos && dot != 0;
       dot = key.rfind('.', dot - 1)) {
    other = otherAt(key.substr(0, dot) + ".*", tenant);
    if (other) return other;
  }
  if (host.hostKind != RoutePattern::Host::wildcard) return nullptr;
  const std::string below = key.substr(0, key.size() - 1);
  for (auto at = hosts_.lower_bound(below); at != hosts_.end() && at->first.starts_with(below);
       ++at) {
    other = otherAt(at->first, tenant);
    if (other) return other;
  }
  return nullptr;
}

bool HostIndex::add(const std::string& tenant, const std::vector<RoutePattern>& hosts,
                    bool exclusive, std::string* taken) {
  const std::lock_guard lock(mutex_);
  if (exclusive) {
    for (const RoutePattern& host : hosts) {
      if (!takenBy(tenant, host)) continue;
      if (taken) *taken = host.text();
      return false;
    }
  }
  for (const RoutePattern& host : hosts) ++hosts_[keyOf(host)][tenant];
  return true;
}

bool HostIndex::has(const std::string& tenant, const RoutePattern& host) const {
  const std::lock_guard lock(mutex_);
  const auto isAt = [&](const std::string& key) {
    const auto found = hosts_.find(key);
    return found != hosts_.end() && found->second.contains(tenant);
  };
  const std::string key = keyOf(host);
  if (isAt(key)) return true;
  for (std::size_t dot = key.rfind('.'); dot != key.npos && dot != 0;
       dot = key.rfind('.', dot - 1)) {
    if (isAt(key.substr(0, dot) + ".*")) return true;
  }
  return false;
}

void HostIndex::remove(const std::string& tenant, const std::vector<RoutePattern>& hosts) {
  const std::lock_guard lock(mutex_);
  for (const RoutePattern& host : hosts) {
    const auto found = hosts_.find(keyOf(host));
    if (found == hosts_.end()) continue;
    const auto count = found->second.find(tenant);
    if (count == found->second.end()) continue;
    if (--count->second == 0) found->second.erase(count);
    if (found->second.empty()) hosts_.erase(found);
  }
}

void HostIndex::erase(const std::string& tenant) {
  for (auto at = hosts_.begin(); at != hosts_.end();) {
    at->second.erase(tenant);
    at = at->second.empty() ? hosts_.erase(at) : std::next(at);
  }
}

void HostIndex::removeTenant(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  erase(tenant);
}

std::vector<HostIndex::Overlap> HostIndex::replace(const std::vector<std::string>& gone,
                                                   const std::vector<Hosts>& now) {
  const std::lock_guard lock(mutex_);
  for (const std::string& tenant : gone) erase(tenant);
  for (const Hosts& one : now) erase(one.tenant);
  std::vector<Overlap> overlaps;
  // Before any is added, since they may share hosts with one another.
  for (const Hosts& one : now) {
    for (const RoutePattern& host : one.hosts) {
      const std::string* other = takenBy(one.tenant, host);
      if (other) overlaps.push_back({one.tenant, host.text(), *other});
    }
  }
  for (const Hosts& one : now) {
    for (const RoutePattern& host : one.hosts) ++hosts_[keyOf(host)][one.tenant];
  }
  return overlaps;
}

void HostIndex::clear() {
  const std::lock_guard lock(mutex_);
  hosts_.clear();
}

}  // namespace skiff
