#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/documents.h"
#include "deploy/catalog/records.h"
#include "router/route_pattern.h"
#include "server/api/problem.h"
#include "server/app_spec.h"

namespace skiff {

/// A tenant's document, read.
struct TenantSettings {
  std::string text;  ///< as it goes to the catalog
  Limits limits;     ///< the server's where it sets none
  ClockKind clock = ClockKind::frozen;
  std::vector<RoutePattern> hosts;  ///< empty: any that are nobody else's
  SignaturePolicy signatures;
  std::vector<std::string> registries;  ///< repositories that the configured credentials are for
};

/// An app's document, read.
struct AppSettings {
  std::string text;  ///< as it goes to the catalog
  AppConfig config;
  std::vector<RoutePattern> routes;  ///< config.routes
  std::optional<WatchSettings> watch;
};

/// `invalid` with every key that is wrong; `bad_request` for what is no JSON object.
ApiResult<TenantSettings> readTenantSettings(std::string_view text, const Limits& serverLimits);
ApiResult<AppSettings> readAppSettings(std::string_view name, std::string_view text,
                                       const TenantSettings& tenant);

/// A deployment as it is asked for.
struct DeploymentDocument {
  std::vector<SplitEntry> split;  ///< versions by name or unique beginning
  std::string sticky;             ///< as in the catalog
  std::string autoRollback;       ///< likewise
};
ApiResult<DeploymentDocument> readDeploymentDocument(std::string_view text);

/// Nothing if the text is no key ("cookie:x", "header:x", "ip"; empty is none).
std::optional<StickyKey> parseStickyKey(std::string_view text);
/// Of what readDeploymentDocument() accepted.
std::optional<AutoRollback> parseAutoRollback(std::string_view text);

}  // namespace skiff
