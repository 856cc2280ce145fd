#include <spdlog/spdlog.h>

#include <algorithm>

#include "config/name.h"
#include "server/api/json_io.h"
#include "server/api/operations_apply.h"
#include "server/tls/certificate_set.h"

namespace skiff {
namespace {

constexpr std::size_t kPage = 1'000;

TenantView viewOf(const TenantConfig& tenant) {
  TenantView view;
  view.record.name = tenant.name;
  view.limits = tenant.limits;
  view.clock = tenant.clock;
  view.fromFile = true;
  return view;
}

TenantView viewOf(TenantRecord record, const Limits& serverLimits) {
  TenantView view;
  if (const auto document = readTenantSettings(record.document, serverLimits)) {
    view.limits = document->limits;
    view.clock = document->clock;
  }
  view.record = std::move(record);
  return view;
}

}  // namespace

ApiResult<TenantSettings> Operations::readTenant(const std::string& name) const {
  const auto record = parts_.catalog.tenant(name);
  if (record.has_error()) return problemOf(record.error());
  return readTenantSettings(record->document, parts_.serverLimits());
}

/// A tenant's limits, and its apps, which may inherit others now.
ApiResult<AppRuntime::Change> Operations::changeOf(const std::string& name,
                                                   const TenantSettings& tenant) const {
  AppRuntime::Change change;
  change.tenants.emplace_back(name, tenant.limits);
  std::string after;
  while (true) {
    auto records = parts_.catalog.apps(name, after, kPage);
    if (records.has_error() && records.error().kind != CatalogError::Kind::notFound) {
      return problemOf(records.error());
    }
    if (records.has_error() || records->empty()) return change;
    after = records->back().name;
    for (AppRecord& record : *records) {
      const std::string app = record.name;
      auto loaded = load(tenant, std::move(record));
      if (loaded.has_error()) {
        if (loaded.error().code != ProblemCode::invalid) return loaded.error();
        return invalidProblem("limits",
                              "the app " + app + " cannot be with these: " + loaded.error().detail);
      }
      auto spec = resolve(tenant, *loaded, Unserved::leaveOut);
      if (spec.has_error()) return spec.error();
      change.apps.push_back(*std::move(spec));
    }
  }
}

void Operations::refresh() {
  std::string after;
  while (!cancelled_) {
    const auto records = parts_.catalog.tenants(after, kPage);
    if (records.has_error() || records->empty()) return;
    after = records->back().name;
    for (const TenantRecord& record : *records) {
      if (cancelled_) return;
      const auto held = locks_.hold(record.name);
      // It may have been changed, or deleted, since the list was read.
      const auto tenant = readTenant(record.name);
      if (tenant.has_error() || parts_.runtime.isFileTenant(record.name)) continue;
      auto change = changeOf(record.name, *tenant);
      if (change.has_error()) {
        spdlog::error("tenant {} is served with the limits it had: {}", record.name,
                      change.error().detail);
        continue;
      }
      HostIndex::Hosts hosts{record.name, {}};
      for (const AppSpec& app : change->apps) {
        for (RoutePattern& host : patternsOf(app.config.routes)) {
          hosts.hosts.push_back(std::move(host));
        }
      }
      hosts_.replace({}, {hosts});
      const auto served = parts_.runtime.apply(*std::move(change), [] { return true; });
      if (served.has_error()) {
        spdlog::error("tenant {} is served with the limits it had: {}", record.name,
                      served.error().message);
      }
    }
  }
}

ApiResult<Put<TenantView>> Operations::putTenant(const Caller& caller, const std::string& name,
                                                 std::string_view text, Precondition condition) {
  if (!isValidName(name)) {
    return invalidProblem("name", "must be 1 to 63 characters, each of a-z, 0-9 and \"-\".");
  }
  if (auto writable = requireWritable(name); writable.has_error()) return writable.error();
  const auto document = readTenantSettings(text, parts_.serverLimits());
  if (document.has_error()) return document.error();

  const auto held = locks_.hold(name);
  auto change = changeOf(name, *document);
  if (change.has_error()) return change.error();
  auto put = apply<Put<TenantRecord>>(caller, *std::move(change), [&] {
    return parts_.catalog.putTenant(caller.actor, name, document->text, condition);
  });
  if (put.has_error()) return put.error();
  return Put<TenantView>{viewOf(std::move(put->record), parts_.serverLimits()), put->created};
}

ApiResult<void> Operations::deleteTenant(const Caller& caller, const std::string& name,
                                         Precondition condition) {
  if (auto writable = requireWritable(name); writable.has_error()) return writable.error();
  const auto held = locks_.hold(name);
  if (const auto record = parts_.catalog.tenant(name); record.has_error()) {
    return problemOf(record.error());
  }
  AppRuntime::Change change;
  change.removedTenants.push_back(name);
  auto removed = apply<void>(caller, std::move(change), [&] {
    return parts_.catalog.deleteTenant(caller.actor, name, condition);
  });
  if (removed.has_error()) return removed.error();
  hosts_.removeTenant(name);
  watched_.removeTenant(name);
  if (parts_.certificates) parts_.certificates->removeTenant(name);
  return {};
}

ApiResult<TenantView> Operations::tenant(const std::string& name) const {
  for (const TenantConfig& tenant : fileTenants()) {
    if (tenant.name == name) return viewOf(tenant);
  }
  auto record = parts_.catalog.tenant(name);
  if (record.has_error()) return problemOf(record.error());
  return viewOf(*std::move(record), parts_.serverLimits());
}

ApiResult<std::vector<TenantView>> Operations::tenants(std::string_view after,
                                                       std::size_t limit) const {
  auto records = parts_.catalog.tenants(after, limit);
  if (records.has_error()) return problemOf(records.error());
  std::vector<TenantView> views;
  std::set<std::string> ofFile;
  for (const TenantConfig& tenant : fileTenants()) {
    if (tenant.name > after) views.push_back(viewOf(tenant));
    ofFile.insert(tenant.name);
  }
  const Limits limits = parts_.serverLimits();
  for (TenantRecord& record : *records) {
    if (!ofFile.contains(record.name)) views.push_back(viewOf(std::move(record), limits));
  }
  std::sort(views.begin(), views.end(),
            [](const TenantView& a, const TenantView& b) { return a.record.name < b.record.name; });
  if (views.size() > limit) views.resize(limit);
  return views;
}

}  // namespace skiff
