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
#include "quota/io_account.h"
#include "quota/live_limits.h"
#include "quota/memory_account.h"
#include "quota/token_bucket.h"
#include "quota/waiting_shards.h"

namespace skiff {

/// What is limited for a tenant as a whole, and for each of its apps: what it may use, and what it
/// does use. Any thread.
struct Quota {
  Quota(std::string name_, const Limits& limits_) : name(std::move(name_)), limits(limits_) {}

  const std::string name;
  LiveLimits limits;
  TokenBucket requests;   ///< `rate`
  Gate inFlight;          ///< `concurrency`
  WaitingShards waiting;  ///< where requests wait because of its limits
  CpuAccount cpu;         ///< `cpu_share`
  MemoryAccount memory;   ///< `memory_total`
  IoAccount io;           ///< `io_bytes_per_s`, `io_ops_per_s`
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
  /// How often an instance was refused for `memory_total`. Each time, shards are to give back what
  /// they hold idle for the tenant.
  std::atomic<std::uint32_t> refusedInstances{0};
  TokenBucket logged;  ///< `log_bytes_per_s` (an app's is kept by its log)
};

/// An app's, on all shards together, beside what its tenant may.
struct AppQuota : Quota {
  AppQuota(std::shared_ptr<TenantQuota> tenant_, std::string name_, const Limits& limits_)
      : Quota(std::move(name_), limits_), tenant(std::move(tenant_)) {}

  /// Takes what a guest used from the app's and the tenant's share.
  void chargeCpu(std::chrono::nanoseconds used) {
    if (!cpu.isLimited(limits) && !tenant->cpu.isLimited(tenant->limits)) return;
    chargeCpu(used, std::chrono::steady_clock::now());
  }
  void chargeCpu(std::chrono::nanoseconds used, std::chrono::steady_clock::time_point now) {
    cpu.charge(used, limits, now);
    tenant->cpu.charge(used, tenant->limits, now);
  }
  /// How long until both have CPU time again; zero: they have.
  std::chrono::nanoseconds cpuWait(std::chrono::steady_clock::time_point now) const {
    return std::max(cpu.wait(limits, now), tenant->cpu.wait(tenant->limits, now));
  }

  /// Takes what was read or written from the app's and the tenant's.
  void chargeIo(std::uint64_t bytes, std::uint64_t operations) {
    if (!limitsIo()) return;
    const auto now = std::chrono::steady_clock::now();
    io.charge(bytes, operations, limits, now);
    tenant->io.charge(bytes, operations, tenant->limits, now);
  }
  /// How long until both may read or write again; zero: now.
  std::chrono::nanoseconds ioWait() const {
    if (!limitsIo()) return {};
    const auto now = std::chrono::steady_clock::now();
    return std::max(io.wait(limits, now), tenant->io.wait(tenant->limits, now));
  }

  /// Counts memory of instances in the app's and the tenant's; false if that is too much for one.
  bool takeMemory(std::uint64_t bytes) {
    if (!memory.tryTake(bytes, limits.memoryTotal().bytes())) return false;
    if (tenant->memory.tryTake(bytes, tenant->limits.memoryTotal().bytes())) return true;
    memory.giveBack(bytes);
    return false;
  }
  void giveBackMemory(std::uint64_t bytes) {
    memory.giveBack(bytes);
    tenant->memory.giveBack(bytes);
  }

  /// So many bytes of what its guests logged were not written, for `log_bytes_per_s`.
  void addDroppedLog(std::uint64_t bytes) {
    droppedLogBytes.fetch_add(bytes, std::memory_order_relaxed);
  }
  std::atomic<std::uint64_t> droppedLogBytes{0};

  const std::shared_ptr<TenantQuota> tenant;

 private:
  bool limitsIo() const { return io.isLimited(limits) || tenant->io.isLimited(tenant->limits); }
};

/// The quotas of all tenants and apps, by name. They outlive deployments, so that a new version of
/// an app begins with what the old one has used, and a changed limit holds at once for requests in
/// flight. Any thread.
class Quotas {
 public:
  /// Sets the limits of every tenant and app of the configuration, and makes what is new. What it
  /// does not name stays until nobody holds it any more.
  void apply(const Config& config);
  /// The tenant's; made with these limits if it is new.
  std::shared_ptr<TenantQuota> takeTenant(const std::string& tenant, const Limits& limits);
  /// The app's; made with these limits if it is new. nullptr if there is no such tenant.
  std::shared_ptr<AppQuota> takeApp(std::string_view tenant, const std::string& app,
                                    const Limits& limits);

  /// Lets go of what nobody holds any more.
  void dropUnused();

  /// nullptr if there is none.
  std::shared_ptr<AppQuota> app(std::string_view tenant, std::string_view app) const;
  std::vector<std::shared_ptr<TenantQuota>> tenants() const;
  std::vector<std::shared_ptr<AppQuota>> apps() const;

 private:
  struct Tenant {
    std::shared_ptr<TenantQuota> quota;
    std::map<std::string, std::shared_ptr<AppQuota>, std::less<>> apps;
  };

  void dropUnusedLocked();

  mutable std::mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;
};

}  // namespace skiff
