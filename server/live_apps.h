#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "quota/quotas.h"
#include "server/app_runtime.h"
#include "server/rollback_watcher.h"
#include "server/served_apps.h"

namespace skiff {

class LogSink;
class ModuleLoader;

/// What the daemon serves, and how that changes: by the file's apps, which come as a whole, and by
/// the catalog's, one change at a time. Any thread, but the shards'.
class LiveApps final : public AppRuntime {
 public:
  /// How a deployment gets to all shards. They are called in the order of the changes; `done` once
  /// every shard serves it. Must not wait for that.
  using Publish =
      std::function<void(std::shared_ptr<const Deployment>, std::function<void()> done)>;
  struct Usage {
    std::string tenant;
    std::string app;
    std::uint64_t instances = 0;
    std::uint64_t bytes = 0;  ///< of its instances
  };
  struct Hooks {
    Publish publish;
    std::function<void()> limitsChanged;
    std::function<std::vector<Usage>()> usage;
  };

  /// REQUIRES: all outlive this.
  LiveApps(Quotas& quotas, ModuleLoader& loader, LogSink& guestLogs, Hooks hooks);
  ~LiveApps() override;

  /// The file's apps from now on, made of this configuration. Or whose routes they cannot have:
  /// then nothing changes.
  Result<void, RouteConflicts> setFile(const Config& config,
                                       std::vector<std::shared_ptr<const ServedApp>> apps,
                                       std::function<void()> done);
  // Of the file that is served.
  std::vector<TenantConfig> fileTenants() const;
  Limits serverLimits() const;
  OciConfig registries() const;
  /// Why this configuration cannot be served beside the catalog; empty: it can.
  std::vector<std::string> takenBy(const Config& config) const;
  std::shared_ptr<const Deployment> current() const;
  /// No change is made any more, and nobody is waited for.
  void close();
  /// What was taken back by itself, by owner ("tenant/app").
  std::map<std::string, std::uint64_t> rollbacks() const { return watcher_.rollbacks(); }

  /// The catalog's apps at the start, without preparing anything: modules are loaded when they are
  /// first needed. What cannot be served is left out; one sentence for each. From then on changes
  /// of the catalog's apps are taken.
  std::vector<std::string> load(Change change, std::function<void()> done);

  // AppRuntime.
  Result<Prepared, Refusal> prepare(const AppSpec& app, const VersionSpec& version) override;
  Result<void, Refusal> apply(Change change, const std::function<bool()>& commit) override;
  bool isFileTenant(const std::string& name) const override;
  std::vector<AppStatus> status(const std::string& tenant) const override;
  std::unique_ptr<LogSubscription> followLog(
      const std::string& tenant, const std::string& app,
      std::function<void(std::string_view line)> line) override;
  void onRollbackDue(std::function<bool(const RollbackNotice&)> call) override;

 private:
  /// Versions that were prepared for a deployment that is yet to come.
  static constexpr std::size_t kMostPrepared = 32;

  std::shared_ptr<const AppVersion> makeVersion(const AppSpec& app, const VersionSpec& version,
                                                const ServedApp* previous,
                                                const ServedApp& served) const;
  Result<std::shared_ptr<ServedApp>> makeApp(const AppSpec& app,
                                             const std::shared_ptr<const ServedApp>& previous,
                                             const Limits* tenantLimits) const;
  bool definesTenant(const std::string& name) const;
  bool definesTenantOf(const Change& change) const;
  bool isOpen() const;
  void setLimits(const Change& change);
  /// What is removed by it.
  AppsEdit editOf(const Change& change) const;

  Quotas& quotas_;
  ModuleLoader& loader_;
  LogSink& guestLogs_;
  const Hooks hooks_;

  /// One change at a time, while its commit waits for the disk as well. Before mutex_.
  std::mutex changing_;
  /// Guards what is below; only who holds changing_ too writes there, or whoever closes. Never held
  /// while anything is waited for.
  mutable std::mutex mutex_;
  ServedApps served_;
  Config file_;
  std::map<std::string, std::shared_ptr<TenantQuota>> tenants_;  ///< the catalog's
  bool open_ = false;

  std::mutex publishMutex_;
  std::condition_variable published_;
  bool closed_ = false;

  mutable std::mutex preparedMutex_;
  /// The newest at the front. For as long as the loader keeps their modules.
  std::list<std::weak_ptr<const AppVersion>> prepared_;

  RollbackWatcher watcher_;
};

}  // namespace skiff
