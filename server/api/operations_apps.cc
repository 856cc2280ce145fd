#include <spdlog/spdlog.h>

#include <algorithm>

#include "config/name.h"
#include "server/api/app_checks.h"
#include "server/api/json_io.h"
#include "server/api/operations_apply.h"

namespace skiff {
namespace {

constexpr std::size_t kMostSecrets = 256;
constexpr std::size_t kLargestSecret = std::size_t{64} << 10;
constexpr std::size_t kLongestSecretName = 128;

bool isSecretName(std::string_view name) {
  if (name.empty() || name.size() > kLongestSecretName) return false;
  if (name.front() >= '0' && name.front() <= '9') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

ApiResult<Put<AppView>> Operations::putApp(const Caller& caller, const std::string& tenant,
                                           const std::string& name, std::string_view text,
                                           Precondition condition) {
  if (!isValidName(name)) {
    return invalidProblem("name", "must be 1 to 63 characters, each of a-z, 0-9 and \"-\".");
  }
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  const auto held = locks_.hold(tenant);
  const auto owner = readTenant(tenant);
  if (owner.has_error()) return owner.error();
  auto settings = readAppSettings(name, text, *owner);
  if (settings.has_error()) return settings.error();

  Loaded app;
  std::optional<AppSettings> before;
  auto record = parts_.catalog.app(tenant, name);
  if (record.has_value()) {
    auto loaded = load(*owner, *std::move(record));
    if (loaded.has_error()) return loaded.error();
    app = *std::move(loaded);
    before = std::exchange(app.settings, *std::move(settings));
  } else if (record.error().kind == CatalogError::Kind::notFound) {
    app.record.tenant = tenant;
    app.record.name = name;
    app.settings = *std::move(settings);
  } else {
    return problemOf(record.error());
  }
  if (auto fits = checkEnvironment(app.settings, app.secrets, "env"); fits.has_error()) {
    return fits.error();
  }
  if (!caller.isOperator()) {
    auto allowed = checkTenantAdmin(*owner, app.settings, before ? &*before : nullptr);
    if (allowed.has_error()) return allowed.error();
  }

  auto spec = resolve(*owner, app, Unserved::leaveOut);
  if (spec.has_error()) return spec.error();
  std::string taken;
  if (!hosts_.add(tenant, app.settings.routes, !caller.isOperator(), &taken)) {
    return ApiProblem{ProblemCode::routeTaken, "Another tenant has routes on the host of " + taken +
                                                   "; choose another host, or ask the operator."};
  }
  AppRuntime::Change change;
  change.apps.push_back(*std::move(spec));
  auto put = apply<Put<AppRecord>>(caller, std::move(change), [&] {
    return parts_.catalog.putApp(caller.actor, tenant, name, app.settings.text, condition);
  });
  if (put.has_error()) {
    hosts_.remove(tenant, app.settings.routes);
    return put.error();
  }
  if (before) hosts_.remove(tenant, before->routes);
  watched_.set({tenant, name}, app.settings.watch);
  Put<AppView> view{{.record = std::move(put->record),
                     .secrets = {},
                     .deployment = std::move(app.deployment),
                     .fromFile = false},
                    put->created};
  for (const auto& secret : app.secrets) view.record.secrets.push_back(secret.first);
  return view;
}

ApiResult<void> Operations::deleteApp(const Caller& caller, const std::string& tenant,
                                      const std::string& name, Precondition condition) {
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  const auto held = locks_.hold(tenant);
  auto record = parts_.catalog.app(tenant, name);
  if (record.has_error()) return problemOf(record.error());
  const auto owner = readTenant(tenant);
  if (owner.has_error()) return owner.error();
  const auto app = load(*owner, *std::move(record));
  AppRuntime::Change change;
  change.removedApps.emplace_back(tenant, name);
  auto removed = apply<void>(caller, std::move(change), [&] {
    return parts_.catalog.deleteApp(caller.actor, tenant, name, condition);
  });
  if (removed.has_error()) return removed.error();
  if (app) hosts_.remove(tenant, app->settings.routes);
  watched_.set({tenant, name}, std::nullopt);
  return {};
}

ApiResult<AppView> Operations::app(const std::string& tenant, const std::string& name) const {
  for (const TenantConfig& config : fileTenants()) {
    if (config.name != tenant) continue;
    for (const AppConfig& app : config.apps) {
      if (app.name == name) return viewOfFileApp(tenant, app);
    }
    return notFoundProblem();
  }
  auto record = parts_.catalog.app(tenant, name);
  if (record.has_error()) return problemOf(record.error());
  auto secrets = parts_.catalog.secretNames(tenant, name);
  if (secrets.has_error()) return problemOf(secrets.error());
  AppView view{.record = *std::move(record),
               .secrets = *std::move(secrets),
               .deployment = {},
               .fromFile = false};
  auto current = parts_.catalog.deployment(tenant, name);
  if (current.has_value()) {
    view.deployment = *std::move(current);
  } else if (current.error().kind != CatalogError::Kind::notFound) {
    return problemOf(current.error());
  }
  return view;
}

ApiResult<std::vector<AppView>> Operations::apps(const std::string& tenant, std::string_view after,
                                                 std::size_t limit) const {
  std::vector<AppView> views;
  for (const TenantConfig& config : fileTenants()) {
    if (config.name != tenant) continue;
    for (const AppConfig& app : config.apps) {
      if (app.name > after) views.push_back(viewOfFileApp(tenant, app));
    }
    std::sort(views.begin(), views.end(),
              [](const AppView& a, const AppView& b) { return a.record.name < b.record.name; });
    if (views.size() > limit) views.resize(limit);
    return views;
  }
  if (const auto owner = parts_.catalog.tenant(tenant); owner.has_error()) {
    return problemOf(owner.error());
  }
  const auto records = parts_.catalog.apps(tenant, after, limit);
  if (records.has_error()) return problemOf(records.error());
  for (const AppRecord& record : *records) {
    auto view = app(tenant, record.name);
    // One that was deleted in the meantime is none of the list.
    if (view.has_value()) views.push_back(*std::move(view));
  }
  return views;
}

ApiResult<void> Operations::requireApp(const std::string& tenant, const std::string& name) const {
  const auto view = app(tenant, name);
  if (view.has_error()) return view.error();
  return {};
}

ApiResult<void> Operations::putSecret(const Caller& caller, const std::string& tenant,
                                      const std::string& app, const std::string& name,
                                      const std::string& value) {
  if (!isSecretName(name)) {
    return invalidProblem("name",
                          "must be a variable's: letters, digits and \"_\", no digit first, at "
                          "most 128 characters.");
  }
  if (value.size() > kLargestSecret) {
    return invalidProblem("value", "must have at most 65536 bytes.");
  }
  if (value.find('\0') != value.npos) {
    return invalidProblem("value", "holds a NUL character; no variable's value can.");
  }
  return changeSecret(caller, tenant, app, name, &value);
}

ApiResult<void> Operations::deleteSecret(const Caller& caller, const std::string& tenant,
                                         const std::string& app, const std::string& name) {
  return changeSecret(caller, tenant, app, name, nullptr);
}

ApiResult<void> Operations::changeSecret(const Caller& caller, const std::string& tenant,
                                         const std::string& app, const std::string& name,
                                         const std::string* value) {
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  const auto held = locks_.hold(tenant);
  const auto owner = readTenant(tenant);
  if (owner.has_error()) return owner.error();
  auto record = parts_.catalog.app(tenant, app);
  if (record.has_error()) return problemOf(record.error());
  auto loaded = load(*owner, *std::move(record));
  if (loaded.has_error()) return loaded.error();
  auto& secrets = loaded->secrets;
  const std::size_t gone =
      std::erase_if(secrets, [&](const auto& secret) { return secret.first == name; });
  if (value) {
    if (secrets.size() >= kMostSecrets) {
      return invalidProblem("name", "would be one more than the 256 secrets that an app may have.");
    }
    secrets.emplace_back(name, *value);
    if (auto fits = checkEnvironment(loaded->settings, secrets, "value"); fits.has_error()) {
      return fits.error();
    }
  } else if (gone == 0) {
    return notFoundProblem();
  }
  auto spec = resolve(*owner, *loaded, Unserved::leaveOut);
  if (spec.has_error()) return spec.error();
  AppRuntime::Change change;
  change.apps.push_back(*std::move(spec));
  auto changed = apply<AppRecord>(caller, std::move(change), [&] {
    return value ? parts_.catalog.putSecret(caller.actor, tenant, app, name, *value)
                 : parts_.catalog.deleteSecret(caller.actor, tenant, app, name);
  });
  if (changed.has_error()) return changed.error();
  return {};
}

}  // namespace skiff
