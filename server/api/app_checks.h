#pragma once

#include <string>
#include <string_view>

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

}  // namespace skiff
