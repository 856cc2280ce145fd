#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/api/operations.h"

namespace skiff {

/// What a tenant's own administrator may not set: what reaches beyond the tenant. `before`: as the
/// app is now; what an operator has set may stay as it is. Null: it is new.
ApiResult<void> checkTenantAdmin(const TenantSettings& tenant, const AppSettings& app,
                                 const AppSettings* before);

/// Whether the origin ("http://host[:port]") is this machine or a network that is not public.
bool isPrivateOrigin(std::string_view origin);

/// An app of the configuration file, as it is shown.
AppView viewOfFileApp(const std::string& tenant, const AppConfig& app);

/// Whether an app's secrets and `env`, names and values together, are at most 1 MiB: each of its
/// instances has a copy.
ApiResult<void> checkEnvironment(const AppSettings& app,
                                 const std::vector<std::pair<std::string, std::string>>& secrets,
                                 std::string_view key);

}  // namespace skiff
