#pragma once

// Internal to this folder: records as the API shows them.

#include <boost/json.hpp>

#include "server/api/caller.h"
#include "server/api/operations.h"

namespace skiff::views {

boost::json::object limits(const Limits& limits);
boost::json::object tenant(const TenantView& view);
boost::json::object app(const AppView& view, const Caller& caller);
boost::json::object version(const VersionRecord& record, const std::vector<std::string>& notes);
/// `overrideKey`: shown to whoever may change the app.
boost::json::object deployment(const DeploymentRecord& record, std::string_view overrideKey,
                               const Caller& caller);
boost::json::object audit(const AuditRecord& record);
boost::json::object token(const TokenRecord& record);
boost::json::object status(const AppRuntime::AppStatus& status);
std::string_view scope(Scope scope);

}  // namespace skiff::views
