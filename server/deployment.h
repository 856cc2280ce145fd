#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "router/route_table.h"
#include "server/app_spec.h"
#include "server/app_version.h"
#include "server/split.h"

namespace skiff {

/// One app as it is served: its versions, and how its requests are spread over them. Immutable; any
/// thread.
struct ServedApp {
  std::string tenant;
  std::string name;
  std::vector<RoutePattern> routes;
  int priority = 0;
  std::vector<std::shared_ptr<const AppVersion>> versions;  ///< in the order of `split`
  /// Of a version of the file, which stays prepared; else empty.
  std::shared_ptr<const PreparedModule> kept;
  Split split;
  std::vector<std::uint32_t> weights;  ///< what `split` was made of
  std::string overrideKey;             ///< empty: nobody may choose
  bool fromFile = false;
  std::int64_t deployment = 0;  ///< its number in the catalog
  std::optional<AutoRollback> autoRollback;
  std::shared_ptr<AppQuota> quota;
  std::shared_ptr<AppLog> log;
  std::shared_ptr<RequestTotals> totals;

  std::string owner() const { return tenant + "/" + name; }
};

/// Everything that is served: the routes, and the apps that their targets index. An app keeps its
/// index for as long as it is served; one that nobody has is nullptr. Handed to every shard as a
/// whole. Immutable; any thread.
struct Deployment {
  std::shared_ptr<const RouteTable> routes;
  std::vector<std::shared_ptr<const ServedApp>> apps;
};

}  // namespace skiff
