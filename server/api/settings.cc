#include "server/api/settings.h"

#include "server/api/json_io.h"

namespace skiff {
namespace {

ApiProblem problemOf(const DocumentErrors& found) {
  std::vector<KeyProblem> errors;
  for (const DocumentError& error : found) errors.push_back({error.path, error.message});
  return invalidProblem(std::move(errors));
}

/// The text as the catalog keeps it; whatever is no object is refused here.
ApiResult<std::string> normalized(std::string_view text) {
  const auto object = parseObject(text);
  if (object.has_error()) return object.error();
  return boost::json::serialize(*object);
}

}  // namespace

ApiResult<TenantSettings> readTenantSettings(std::string_view text, const Limits& serverLimits) {
  const auto kept = normalized(text);
  if (kept.has_error()) return kept.error();
  auto document = parseTenantDocument(text.empty() ? "{}" : text, serverLimits);
  if (document.has_error()) return problemOf(document.error());
  TenantSettings settings{.text = *kept,
                          .limits = document->limits,
                          .clock = document->clock,
                          .hosts = {},
                          .signatures = std::move(document->signatures),
                          .registries = std::move(document->registries)};
  DocumentErrors errors;
  for (std::size_t i = 0; i < document->hosts.size(); ++i) {
    auto pattern = RoutePattern::parse(document->hosts[i] + "/*");
    if (pattern.has_error()) {
      errors.push_back({"hosts[" + std::to_string(i) + "]", pattern.error().message});
    } else {
      settings.hosts.push_back(*std::move(pattern));
    }
  }
  if (!errors.empty()) return problemOf(errors);
  return settings;
}

ApiResult<AppSettings> readAppSettings(std::string_view name, std::string_view text,
                                       const TenantSettings& tenant) {
  const auto kept = normalized(text);
  if (kept.has_error()) return kept.error();
  auto document =
      parseAppDocument(text.empty() ? "{}" : text, std::string(name), tenant.limits, tenant.clock);
  if (document.has_error()) return problemOf(document.error());
  AppSettings settings{.text = *kept,
                       .config = std::move(document->config),
                       .routes = {},
                       .watch = std::move(document->watch)};
  settings.config.trustedOrigin = false;
  DocumentErrors errors;
  for (std::size_t i = 0; i < settings.config.routes.size(); ++i) {
    auto pattern = RoutePattern::parse(settings.config.routes[i]);
    if (pattern.has_error()) {
      errors.push_back({"routes[" + std::to_string(i) + "]", pattern.error().message});
    } else {
      settings.routes.push_back(*std::move(pattern));
    }
  }
  if (!errors.empty()) return problemOf(errors);
  return settings;
}

}  // namespace skiff
