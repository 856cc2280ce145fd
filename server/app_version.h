#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "config/config.h"
#include "quota/quotas.h"
#include "server/app_log.h"

namespace skiff {

struct PreparedModule;

/// How requests have ended, over all shards. Shards add to it at their ticks.
struct RequestTotals {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> failed{0};  ///< of these, for a fault of the guest or a limit
  std::atomic<std::uint64_t> cpuNanoseconds{0};
};

/// What a version is, and as what it is configured. Immutable.
struct VersionFacts {
  std::string tenant;
  AppConfig config;  ///< its limits as they were when it was made; `quota` has those of now
  std::shared_ptr<AppQuota> quota;
  std::string name;               ///< as requests choose it
  std::string digest;             ///< of the module or the image: what logs name
  std::string moduleDigest;       ///< what is loaded must have this one
  std::size_t sourceMapHash = 0;  ///< to tell whether it changed
  std::shared_ptr<AppLog> log;
  std::shared_ptr<RequestTotals> appTotals;
  /// Its own: the same for a version that is only configured anew.
  std::shared_ptr<RequestTotals> totals = std::make_shared<RequestTotals>();
  std::shared_ptr<const void> pin;  ///< keeps its files where they are
};

/// One version of an app, as it is served. Its module is there while somebody holds it: the file's
/// apps for as long as they are deployed, the others while instances of it live, and a while
/// longer. Any thread.
class AppVersion {
 public:
  explicit AppVersion(VersionFacts facts) : facts_(std::move(facts)) {}

  const VersionFacts& facts() const { return facts_; }
  const AppConfig& config() const { return facts_.config; }
  AppQuota& quota() const { return *facts_.quota; }
  AppLog& log() const { return *facts_.log; }

  /// nullptr while it is not prepared.
  std::shared_ptr<const PreparedModule> module() const {
    const std::lock_guard lock(mutex_);
    return module_.lock();
  }
  /// It was prepared. The module refers to the version's log: whoever holds it holds the version.
  void setModule(const std::shared_ptr<const PreparedModule>& module) const {
    const std::lock_guard lock(mutex_);
    module_ = module;
  }

  RequestTotals& totals() const { return *facts_.totals; }

 private:
  const VersionFacts facts_;
  mutable std::mutex mutex_;
  mutable std::weak_ptr<const PreparedModule> module_;
};

}  // namespace skiff
