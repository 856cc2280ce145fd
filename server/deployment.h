#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "isolate/prepared_module.h"
#include "quota/quotas.h"
#include "router/route_table.h"
#include "server/observe/fault_log.h"
#include "server/observe/guest_log.h"

namespace skiff {

/// One app as it is served: its configuration and its prepared version. Immutable; any thread.
struct AppDeployment {
  std::string tenant;
  AppConfig config;  ///< its limits as they were when it was deployed; `quota` has those of now
  std::shared_ptr<AppQuota> quota;
  std::string digest;
  std::size_t sourceMapHash = 0;     ///< to tell whether it changed
  std::shared_ptr<AppGuestLog> log;  ///< outlives `module`, which refers to it
  std::unique_ptr<FaultLog> faults;  ///< writes to `log`
  std::shared_ptr<const PreparedModule> module;
};

/// Everything that is served: the routes, and the apps that their targets index. Built as a whole,
/// handed to every shard, replaced as a whole. Immutable; any thread.
struct Deployment {
  RouteTable routes;
  std::vector<std::shared_ptr<const AppDeployment>> apps;
};

}  // namespace skiff
