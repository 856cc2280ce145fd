#include <spdlog/spdlog.h>

#include <algorithm>

#include "server/api/operations.h"
#include "server/api/version_resolution.h"

namespace skiff {

std::vector<RoutePattern> patternsOf(const std::vector<std::string>& routes) {
  std::vector<RoutePattern> patterns;
  for (const std::string& route : routes) {
    if (auto pattern = RoutePattern::parse(route)) patterns.push_back(*std::move(pattern));
  }
  return patterns;
}

ApiResult<Operations::Loaded> Operations::load(const TenantSettings& tenant,
                                               AppRecord record) const {
  auto settings = readAppSettings(record.name, record.document, tenant);
  if (settings.has_error()) return settings.error();
  auto secrets = parts_.catalog.secrets(record.tenant, record.name);
  if (secrets.has_error()) return problemOf(secrets.error());
  Loaded app{.record = std::move(record),
             .settings = *std::move(settings),
             .secrets = *std::move(secrets),
             .deployment = {},
             .versions = {}};
  auto deployment = parts_.catalog.deployment(app.record.tenant, app.record.name);
  if (deployment.has_error()) {
    if (deployment.error().kind == CatalogError::Kind::notFound) return app;
    return problemOf(deployment.error());
  }
  app.deployment = *std::move(deployment);
  for (const SplitEntry& entry : app.deployment->split) {
    auto version = parts_.catalog.version(app.record.tenant, app.record.name, entry.version);
    if (version.has_error()) return problemOf(version.error());
    app.versions.push_back(*std::move(version));
  }
  return app;
}

ApiResult<VersionSpec> Operations::resolveVersion(const VersionRecord& version,
                                                  const TenantSettings& tenant) const {
  if (const auto signed_ = enforceSignature(version, tenant.signatures); signed_.has_error()) {
    return ApiProblem{ProblemCode::signatureRequired, signed_.error().message};
  }
  auto file = parts_.blobs.file(version.moduleDigest);
  if (file.has_error()) return problemOf(file.error());
  VersionSpec spec;
  spec.name = version.version;
  spec.digest = version.digest;
  spec.moduleDigest = version.moduleDigest;
  spec.module = *std::move(file);
  if (!version.tree.empty()) spec.tree = parts_.blobs.treeFolder(version.tree);
  readImageSettings(version.settings, spec);
  std::vector<std::string> content = version.blobs;
  if (!version.tree.empty()) content.push_back(version.tree);
  spec.pin = parts_.blobs.pin(std::move(content));
  return spec;
}

void Operations::addSecrets(AppSpec& spec, const Secrets& secrets) {
  auto& environment = spec.config.env;
  for (const auto& secret : secrets) {
    std::erase_if(environment,
                  [&secret](const auto& variable) { return variable.first == secret.first; });
    environment.emplace_back(secret.first, secret.second);
  }
}

ApiResult<AppSpec> Operations::resolve(const TenantSettings& tenant, const Loaded& app,
                                       Unserved unserved) const {
  AppSpec spec;
  spec.tenant = app.record.tenant;
  spec.config = app.settings.config;
  spec.overrideKey = app.record.overrideKey;
  // Nothing runs that could read the secrets.
  if (!app.deployment) return spec;
  addSecrets(spec, app.secrets);
  spec.deployment = app.deployment->number;
  spec.sticky = parseStickyKey(app.deployment->sticky).value_or(StickyKey{});
  // What was taken back is where it ends: going further back would follow a fault of both.
  if (app.deployment->cause != DeploymentCause::autoRollback) {
    spec.autoRollback = parseAutoRollback(app.deployment->autoRollback);
  }
  for (const SplitEntry& entry : app.deployment->split) {
    const auto record =
        std::find_if(app.versions.begin(), app.versions.end(),
                     [&](const VersionRecord& one) { return one.version == entry.version; });
    if (record == app.versions.end()) continue;
    auto version = resolveVersion(*record, tenant);
    if (version.has_error()) {
      if (unserved == Unserved::refuse) return version.error();
      spdlog::error("{}/{}: version {} is not served: {}", spec.tenant, spec.config.name,
                    entry.version, version.error().detail);
      continue;
    }
    version->weight = entry.weight;
    spec.versions.push_back(*std::move(version));
  }
  return spec;
}

void Operations::fileChanged() {
  std::vector<HostIndex::Hosts> now;
  for (const TenantConfig& tenant : fileTenants()) {
    HostIndex::Hosts& one = now.emplace_back(HostIndex::Hosts{tenant.name, {}});
    for (const AppConfig& app : tenant.apps) {
      for (RoutePattern& host : patternsOf(app.routes)) one.hosts.push_back(std::move(host));
    }
  }
  for (const HostIndex::Overlap& overlap : hosts_.replace(fileHosts_, now)) {
    spdlog::error(
        "the configuration file gives the tenant {} the route {}, on a host of the catalog's "
        "tenant {}: give one of them another host",
        overlap.tenant, overlap.host, overlap.other);
  }
  fileHosts_.clear();
  for (HostIndex::Hosts& one : now) fileHosts_.push_back(std::move(one.tenant));
}

Result<AppRuntime::Change> Operations::loadAll() {
  AppRuntime::Change change;
  hosts_.clear();
  const Limits serverLimits = parts_.serverLimits();
  std::optional<TenantSettings> tenant;  // of the apps that follow; nothing if they are left out
  Catalog::Visitor visitor;
  visitor.tenant = [&](const TenantRecord& record) {
    tenant.reset();
    if (parts_.runtime.isFileTenant(record.name)) {
      spdlog::error("tenant {} is in the configuration file, so the catalog's is not served",
                    record.name);
      return;
    }
    auto settings = readTenantSettings(record.document, serverLimits);
    if (settings.has_error()) {
      spdlog::error("tenant {} is not served: {}", record.name, settings.error().detail);
      return;
    }
    change.tenants.emplace_back(record.name, settings->limits);
    tenant = *std::move(settings);
  };
  visitor.app = [&](const AppRecord& record,
                    const std::vector<std::pair<std::string, std::string>>& secrets,
                    const std::optional<DeploymentRecord>& deployment,
                    const std::vector<VersionRecord>& versions) {
    if (!tenant) return;
    auto settings = readAppSettings(record.name, record.document, *tenant);
    if (settings.has_error()) {
      spdlog::error("{}/{} is not served: {}", record.tenant, record.name, settings.error().detail);
      return;
    }
    const Loaded app{.record = record,
                     .settings = *std::move(settings),
                     .secrets = secrets,
                     .deployment = deployment,
                     .versions = versions};
    auto spec = resolve(*tenant, app, Unserved::leaveOut);
    hosts_.add(record.tenant, app.settings.routes, false, nullptr);
    watched_.set({record.tenant, record.name}, app.settings.watch);
    change.apps.push_back(*std::move(spec));
  };
  if (const auto visited = parts_.catalog.visit(visitor); visited.has_error()) {
    return Error{"cannot read the catalog: " + visited.error().message};
  }
  fileChanged();
  return change;
}

}  // namespace skiff
