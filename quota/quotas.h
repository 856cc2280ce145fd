#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "quota/cpu_account.h"
#include "quota/gate.h"
#include "quota/live_limits.h"
#include "quota/token_bucket.h"

namespace skiff {

/// What is limited for a tenant as a whole, and for each of its apps: what it may use, and what it
/// does use. Any thread.
struct Quota {
  Quota(std::string name_, const Limits& limits_) : name(std::move(name_)), limits(limits_) {}

  const std::string name;
  LiveLimits limits;
  TokenBucket requests;  ///< `rate`
  Gate inFlight;         ///< `concurrency`
  CpuAccount cpu;        ///< `cpu_share`
};

/// A tenant's, all of its apps and shards together.
struct TenantQuota : Quota {
  using Quota::Quota;

  /// Its guests were parked for so long because it was out of CPU share.
  void addThrottled(std::chrono::nanoseconds time) {
    throttledNanoseconds.fetch_add(static_cast<std::uint64_t>(time.count()),
                                   std::memory_order_relaxed);
  }
  std::atomic<std::uint64_t> throttledNanoseconds{0};
};

/// An app's, on all shards together, beside what its tenant may.
struct AppQuota : Quota {
  AppQuota(std::shared_ptr<TenantQuota> tenant_, std::string name_, const Limits& limits_)
      : Quota(std::move(name_), limits_), tenant(std::move(tenant_)) {}

  /// Takes what a guest used from the app's and the tenant's share.
  void chargeCpu(std::chrono::nanoseconds used) {
    if (!cpu.isLimited(limits) && !tenant->cpu.isLimited(tenant->limits)) return;
    const auto now = std::chrono::steady_clock::now();
    cpu.charge(used, limits, now);
    tenant->cpu.charge(used, tenant->limits, now);
  }
  /// How long until both have CPU time again; zero: they have.
  std::chrono::nanoseconds cpuWait(std::chrono::steady_clock::time_point now) const {
    return std::max(cpu.wait(limits, now), tenant->cpu.wait(tenant->limits, now));
  }

  const std::shared_ptr<TenantQuota> tenant;
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
  std::vector<std::shared_ptr<TenantQuota>> tenants() const;

 private:
  struct Tenant {
    std::shared_ptr<TenantQuota> quota;
    std::map<std::string, std::shared_ptr<AppQuota>, std::less<>> apps;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;
};

}  // namespace skiff
