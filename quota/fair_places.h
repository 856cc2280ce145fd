#pragma once

#include <cstddef>
#include <map>

namespace skiff {

struct TenantQuota;

/// A number of places that tenants take for as long as they like, and that nobody can take back.
///
/// One half of them goes by a threshold that falls as they fill: a tenant gets one more only while
/// it has fewer than are left of that half. So one tenant alone comes to have half of the half,
/// two a third of it each, and there is always more for who has less. The other half is for
/// tenants that have none, one each. So however many a tenant wants, and whoever acts together, a
/// tenant that has none finds one unless half as many tenants as there are places have some.
///
/// One thread.
class FairPlaces {
 public:
  explicit FairPlaces(std::size_t count) : count_(count) {}

  /// False if the tenant has as many as it may, or none is free. `kept`: how many more have to stay
  /// free, for what is more urgent. A null tenant is one of its own.
  bool take(const TenantQuota* tenant, std::size_t kept = 0) {
    const std::size_t held = this->held(tenant);
    const std::size_t above = held == 0 ? kept : kept + count_ / 2 + held;
    if (count_ - taken_ <= above) return false;
    ++held_[tenant];
    ++taken_;
    return true;
  }
  /// REQUIRES: taken.
  void giveBack(const TenantQuota* tenant) {
    const auto place = held_.find(tenant);
    if (--place->second == 0) held_.erase(place);
    --taken_;
  }

  std::size_t held(const TenantQuota* tenant) const {
    const auto place = held_.find(tenant);
    return place == held_.end() ? 0 : place->second;
  }
  std::size_t free() const { return count_ - taken_; }

 private:
  const std::size_t count_;
  std::size_t taken_ = 0;
  std::map<const TenantQuota*, std::size_t> held_;
};

}  // namespace skiff
