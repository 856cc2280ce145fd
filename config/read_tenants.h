#pragma once

#include <vector>

#include "config/config.h"
#include "config/path_base.h"
#include "config/toml_reader.h"

namespace skiff {

/// Reads every [[tenant]] with its apps. Limits that neither app nor tenant sets are as in
/// `serverLimits`.
std::vector<TenantConfig> readTenants(TableReader& root, const Limits& serverLimits,
                                      const PathBase& paths);

}  // namespace skiff
