#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "config/config.h"
#include "quota/live_limits.h"

namespace skiff {

/// What a tenant may use and does use, all of its apps and shards together. Any thread.
struct TenantQuota {
  TenantQuota(std::string name_, const Limits& limits_) : name(std::move(name_)), limits(limits_) {}

  const std::string name;
  LiveLimits limits;
};

/// What an app may use and does use, on all shards together, beside what its tenant may. Any
/// thread.
struct AppQuota {
  AppQuota(std::shared_ptr<TenantQuota> tenant_, std::string name_, const Limits& limits_)
      : tenant(std::move(tenant_)), name(std::move(name_)), limits(limits_) {}

  const std::shared_ptr<TenantQuota> tenant;
  const std::string name;
  LiveLimits limits;
};

/// The quotas of all tenants and apps, by name. They outlive deployments, so that a new version of
/// an app begins with what the old one has used, and a changed limit holds at once for requests in
/// flight. Any thread.
class Quotas {
 public:
  /// Sets the limits of every tenant and app of the configuration, and makes what is new. What it
  /// does not name stays until nobody holds it any more.
  void apply(const Config& config);

  /// nullptr if there is none.
  std::shared_ptr<AppQuota> app(std::string_view tenant, std::string_view app) const;

 private:
  struct Tenant {
    std::shared_ptr<TenantQuota> quota;
    std::map<std::string, std::shared_ptr<AppQuota>, std::less<>> apps;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;
};

}  // namespace skiff
