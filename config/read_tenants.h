#pragma once

#include <vector>

#include "config/config.h"
#include "config/path_base.h"
#include "config/toml_reader.h"

namespace skiff {

/// Reads the keys of a tenant but `name` and `app`. `clock` holds the default. Leaves finish() to
/// the caller.
void readTenantKeys(TableReader& table, const Limits& serverLimits, Limits& limits,
                    ClockKind& clock);

/// Reads every [[tenant]] with its apps. Limits that neither app nor tenant sets are as in
/// `serverLimits`.
std::vector<TenantConfig> readTenants(TableReader& root, const Limits& serverLimits,
                                      const PathBase& paths);

}  // namespace skiff
