#pragma once

#include <string>

#include "config/config.h"
#include "config/path_base.h"
#include "config/toml_reader.h"

namespace skiff {

/// Reads one [[tenant.app]], whose `name` has been read. `tenantLimits` are what it inherits.
AppConfig readApp(TableReader table, std::string name, const Limits& tenantLimits,
                  const PathBase& paths);

}  // namespace skiff
