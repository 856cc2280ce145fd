#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/result.h"
#include "isolate/files/open_file_budget.h"
#include "server/deployment.h"

namespace skiff {

class Engine;
class LogSink;
class ModuleCompilation;
class Watchdog;

/// Makes deployments from configurations: reads and prepares modules, several at a time, on threads
/// of its own. Not on a shard's thread.
class DeploymentBuilder {
 public:
  /// REQUIRES: all outlive this and every deployment made.
  DeploymentBuilder(Engine& engine, Watchdog& watchdog, LogSink& guestLogs,
                    wasi::OpenFileBudget& openFiles, const Quotas& quotas,
                    ModuleCompilation& compilation)
      : engine_(engine),
        watchdog_(watchdog),
        guestLogs_(guestLogs),
        openFiles_(openFiles),
        quotas_(quotas),
        compilation_(compilation) {}

  /// Apps that `previous` (may be null) holds with the same configuration and module bytes are
  /// taken over as they are; so are those that differ only in limits that their quota has live.
  /// REQUIRES: the configuration was applied to the quotas.
  /// Either everything, or all that is wrong, in the configuration's order.
  Result<std::shared_ptr<const Deployment>, std::vector<Error>> build(const Config& config,
                                                                      const Deployment* previous);

 private:
  Result<std::shared_ptr<const AppDeployment>> prepareApp(
      const std::string& tenant, const AppConfig& app,
      const std::shared_ptr<const AppDeployment>& previous);

  /// The tenant's share of the files that guests may have open.
  wasi::OpenFileBudget& openFilesOf(const std::string& tenant);

  Engine& engine_;
  Watchdog& watchdog_;
  LogSink& guestLogs_;
  wasi::OpenFileBudget& openFiles_;
  const Quotas& quotas_;
  ModuleCompilation& compilation_;
  std::mutex sharesMutex_;
  /// By tenant. One that was is kept: files of it may still be open.
  std::map<std::string, wasi::OpenFileBudget> shares_;
};

}  // namespace skiff
