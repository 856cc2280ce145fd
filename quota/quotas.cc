#include "quota/quotas.h"

namespace skiff {

void Quotas::dropUnused() {
  const std::lock_guard lock(mutex_);
  dropUnusedLocked();
}

void Quotas::dropUnusedLocked() {
  for (auto tenant = tenants_.begin(); tenant != tenants_.end();) {
    std::erase_if(tenant->second.apps, [](const auto& app) { return app.second.use_count() == 1; });
    const bool unused = tenant->second.apps.empty() && tenant->second.quota.use_count() == 1;
    tenant = unused ? tenants_.erase(tenant) : std::next(tenant);
  }
}

void Quotas::apply(const Config& config) {
  const std::lock_guard lock(mutex_);
  dropUnusedLocked();
  for (const TenantConfig& tenant : config.tenants) {
    Tenant& held = tenants_[tenant.name];
    if (!held.quota) {
      held.quota = std::make_shared<TenantQuota>(tenant.name, tenant.limits);
    }
    held.quota->limits.set(tenant.limits);
    for (const AppConfig& app : tenant.apps) {
      std::shared_ptr<AppQuota>& quota = held.apps[app.name];
      if (!quota) quota = std::make_shared<AppQuota>(held.quota, app.name, app.limits);
      quota->limits.set(app.limits);
    }
  }
}

std::shared_ptr<TenantQuota> Quotas::takeTenant(const std::string& tenant, const Limits& limits) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<TenantQuota>& quota = tenants_[tenant].quota;
  if (!quota) quota = std::make_shared<TenantQuota>(tenant, limits);
  return quota;
}

std::shared_ptr<AppQuota> Quotas::takeApp(std::string_view tenant, const std::string& app,
                                          const Limits& limits) {
  const std::lock_guard lock(mutex_);
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return nullptr;
  std::shared_ptr<AppQuota>& quota = found->second.apps[app];
  if (!quota) quota = std::make_shared<AppQuota>(found->second.quota, app, limits);
  return quota;
}

std::shared_ptr<AppQuota> Quotas::app(std::string_view tenant, std::string_view app) const {
  const std::lock_guard lock(mutex_);
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return nullptr;
  const auto quota = found->second.apps.find(app);
  return quota == found->second.apps.end() ? nullptr : quota->second;
}

std::vector<std::shared_ptr<TenantQuota>> Quotas::tenants() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<TenantQuota>> all;
  for (const auto& [name, tenant] : tenants_) all.push_back(tenant.quota);
  return all;
}

std::vector<std::shared_ptr<AppQuota>> Quotas::apps() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<AppQuota>> all;
  for (const auto& [tenantName, tenant] : tenants_) {
    for (const auto& [name, quota] : tenant.apps) all.push_back(quota);
  }
  return all;
}

}  // namespace skiff
