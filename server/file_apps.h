#pragma once

#include <memory>
#include <vector>

#include "config/config.h"
#include "config/result.h"
#include "server/deployment.h"

namespace skiff {

class LogSink;
class ModulePreparer;

/// Makes the apps of a configuration file ready to be served: reads and prepares their modules,
/// several at a time, on threads of its own. Not on a shard's thread.
class FileApps {
 public:
  /// REQUIRES: all outlive this and every app made.
  FileApps(const ModulePreparer& preparer, const Quotas& quotas, LogSink& guestLogs)
      : preparer_(preparer), quotas_(quotas), guestLogs_(guestLogs) {}

  using Apps = std::vector<std::shared_ptr<const ServedApp>>;
  /// Apps that `previous` (may be null) holds with the same configuration and module bytes are
  /// taken over as they are; so are those that differ only in limits that their quota has live.
  /// REQUIRES: the configuration was applied to the quotas.
  /// Either everything, or all that is wrong, in the configuration's order.
  Result<Apps, std::vector<Error>> build(const Config& config, const Deployment* previous) const;

 private:
  Result<std::shared_ptr<const ServedApp>> makeApp(
      const std::string& tenant, const AppConfig& app, std::vector<RoutePattern> routes,
      const std::shared_ptr<const ServedApp>& previous) const;

  const ModulePreparer& preparer_;
  const Quotas& quotas_;
  LogSink& guestLogs_;
};

/// The patterns of an app's routes; the errors name the routes and the app.
Result<std::vector<RoutePattern>, std::vector<Error>> parseRoutes(
    const std::string& owner, const std::vector<std::string>& texts);

/// Whether a version that was made for `was` serves as `wanted`: the same but for limits that can
/// change while it is served.
bool servesAs(AppConfig was, const AppConfig& wanted);

}  // namespace skiff
