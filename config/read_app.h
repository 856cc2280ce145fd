#pragma once

#include <string>

#include "config/config.h"
#include "config/path_base.h"
#include "config/toml_reader.h"

namespace skiff {

/// Whether an app must say which requests reach it.
enum class RouteNeed { required, optional };

/// Reads the keys of an app but `name` and `module`. `tenantLimits` are what it inherits. Leaves
/// finish() to the caller.
AppConfig readAppKeys(TableReader& table, std::string name, RouteNeed need,
                      const Limits& tenantLimits, const PathBase& paths);

/// Reads one [[tenant.app]], whose `name` has been read.
AppConfig readApp(TableReader table, std::string name, const Limits& tenantLimits,
                  const PathBase& paths);

}  // namespace skiff
