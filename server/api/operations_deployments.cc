#include <spdlog/spdlog.h>

#include <algorithm>

#include "server/api/json_io.h"
#include "server/api/operations_apply.h"
#include "server/api/version_resolution.h"

namespace skiff {
namespace {

constexpr std::size_t kRemembered = 100;  // deployments that are looked through

}  // namespace

ApiResult<DeploymentRecord> Operations::deploy(const Caller& caller, const TenantSettings& tenant,
                                               Loaded app, DeploymentRecord record,
                                               Precondition condition) {
  const std::int64_t number = app.deployment ? app.deployment->number + 1 : 1;
  app.versions.clear();
  for (const SplitEntry& entry : record.split) {
    auto version = parts_.catalog.version(record.tenant, record.app, entry.version);
    if (version.has_error()) return problemOf(version.error());
    app.versions.push_back(*std::move(version));
  }
  app.deployment = record;
  app.deployment->number = number;
  auto spec = resolve(tenant, app, Unserved::refuse);
  if (spec.has_error()) return spec.error();
  AppRuntime::Change change;
  change.apps.push_back(*std::move(spec));
  auto deployed = apply<DeploymentRecord>(caller, std::move(change), [&] {
    return parts_.catalog.setDeployment(caller.actor, record, condition);
  });
  if (deployed.has_error()) return deployed.error();
  if (deployed->number != number) {
    spdlog::error("{}/{}: deployment {} is served as {}", record.tenant, record.app,
                  deployed->number, number);
  }
  {
    const std::lock_guard lock(leftMutex_);
    toPrune_.emplace(record.tenant, record.app);
  }
  tidySoon();
  return *std::move(deployed);
}

ApiResult<DeploymentRecord> Operations::setDeployment(const Caller& caller,
                                                      const std::string& tenant,
                                                      const std::string& app, std::string_view text,
                                                      Precondition condition) {
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  const auto held = locks_.hold(tenant);
  const auto owner = readTenant(tenant);
  if (owner.has_error()) return owner.error();
  auto loaded = loadFor(tenant, app, *owner);
  if (loaded.has_error()) return loaded.error();
  auto document = readDeploymentDocument(text);
  if (document.has_error()) return document.error();
  const auto versions = findVersions(tenant, app, document->split);
  if (versions.has_error()) return versions.error();
  DeploymentRecord record;
  record.tenant = tenant;
  record.app = app;
  record.split = std::move(document->split);
  record.sticky = std::move(document->sticky);
  record.autoRollback = std::move(document->autoRollback);
  record.cause = DeploymentCause::put;
  return deploy(caller, *owner, *std::move(loaded), std::move(record), condition);
}

ApiResult<DeploymentRecord> Operations::rollback(const Caller& caller, const std::string& tenant,
                                                 const std::string& app) {
  return rollBack(caller, tenant, app, DeploymentCause::rollback, std::nullopt);
}

ApiResult<DeploymentRecord> Operations::rollBack(const Caller& caller, const std::string& tenant,
                                                 const std::string& app, DeploymentCause cause,
                                                 std::optional<std::int64_t> from) {
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  const auto held = locks_.hold(tenant);
  const auto owner = readTenant(tenant);
  if (owner.has_error()) return owner.error();
  auto loaded = loadFor(tenant, app, *owner);
  if (loaded.has_error()) return loaded.error();
  const ApiProblem nothing{ProblemCode::nothingToRollBack,
                           "There is no earlier deployment to go back to: deploy a version."};
  if (!loaded->deployment || loaded->deployment->rollsBackTo == 0) return nothing;
  if (from && loaded->deployment->number != *from) {
    return ApiProblem{ProblemCode::preconditionFailed, "It was deployed anew in the meantime."};
  }
  auto record = parts_.catalog.deployment(tenant, app, loaded->deployment->rollsBackTo);
  if (record.has_error()) {
    if (record.error().kind == CatalogError::Kind::notFound) return nothing;
    return problemOf(record.error());
  }
  DeploymentRecord again = *std::move(record);
  // What that one would have gone back to, this one does; see DeploymentRecord.
  again.cause = cause;
  return deploy(caller, *owner, *std::move(loaded), std::move(again),
                {Precondition::Kind::matches, loaded->deployment->revision});
}

bool Operations::autoRollback(const AppRuntime::RollbackNotice& notice) {
  const auto pass = changes_.enter();
  if (!pass) return false;
  const auto back = rollBack(daemonCaller(), notice.tenant, notice.app,
                             DeploymentCause::autoRollback, notice.deployment);
  if (back.has_error()) {
    spdlog::warn("{}/{}: deployment {} is not rolled back: {}", notice.tenant, notice.app,
                 notice.deployment, back.error().detail);
    switch (back.error().code) {
      case ProblemCode::internal:
      case ProblemCode::moduleRefused:
      case ProblemCode::notReady:
      case ProblemCode::storageFull:
        return false;
      default:
        return true;  // there is nothing to take back any more
    }
  }
  spdlog::warn("{}/{}: deployment {} is rolled back: {}", notice.tenant, notice.app,
               notice.deployment, notice.why);
  return true;
}

ApiResult<DeploymentRecord> Operations::deployment(const std::string& tenant,
                                                   const std::string& app) const {
  if (auto there = parts_.catalog.app(tenant, app); there.has_error()) {
    return problemOf(there.error());
  }
  auto record = parts_.catalog.deployment(tenant, app);
  if (record.has_value()) return *std::move(record);
  if (record.error().kind != CatalogError::Kind::notFound) return problemOf(record.error());
  return ApiProblem{ProblemCode::notDeployed,
                    "The app has no deployment yet: put one that names a version."};
}

ApiResult<std::vector<DeploymentRecord>> Operations::deployments(const std::string& tenant,
                                                                 const std::string& app,
                                                                 std::size_t limit) const {
  if (auto there = parts_.catalog.app(tenant, app); there.has_error()) {
    return problemOf(there.error());
  }
  auto records = parts_.catalog.deployments(tenant, app, limit);
  if (records.has_error()) return problemOf(records.error());
  return *std::move(records);
}

ApiResult<bool> Operations::wasDeployed(const VersionRecord& version) const {
  const auto records = parts_.catalog.deployments(version.tenant, version.app, kRemembered);
  if (records.has_error()) return problemOf(records.error());
  return std::any_of(records->begin(), records->end(), [&](const DeploymentRecord& record) {
    return std::any_of(record.split.begin(), record.split.end(),
                       [&](const SplitEntry& entry) { return entry.version == version.version; });
  });
}

ApiResult<std::string> Operations::followTag(const std::string& tenant, const std::string& app,
                                             const std::string& image, const std::string& known) {
  if (!parts_.images) return ApiProblem{ProblemCode::pullFailed, "This daemon pulls no images."};
  const auto pass = changes_.enter();
  if (!pass) return ApiProblem{ProblemCode::notReady, "The daemon is being replaced by a new one."};
  std::string last = known;
  if (last.empty()) {
    // What was pulled as this before the start needs no pull.
    const auto records = parts_.catalog.versions(tenant, app, 100);
    if (records.has_error()) return problemOf(records.error());
    for (const VersionRecord& record : *records) {
      if (record.reference != image) continue;
      const auto deployed = wasDeployed(record);
      if (deployed.has_error()) return deployed.error();
      if (*deployed) last = record.digest;
      break;
    }
  }
  const auto settings = readTenant(tenant);
  if (settings.has_error()) return settings.error();
  const auto resolved = parts_.images->resolve(image, accessOf(tenant, *settings), last);
  if (resolved.has_error()) {
    return ApiProblem{
        ProblemCode::pullFailed, resolved.error().message, {}, resolved.error().reason};
  }
  if (!*resolved) return last;
  const Caller caller = daemonCaller();
  // The tag is the tenant's choice, so it is pulled with what the tenant may have.
  const auto version = pull(caller, tenant, app, image, false, {});
  if (version.has_error()) return version.error();

  const auto held = locks_.hold(tenant);
  const auto owner = readTenant(tenant);
  if (owner.has_error()) return owner.error();
  auto loaded = loadFor(tenant, app, *owner);
  if (loaded.has_error()) return loaded.error();
  if (!loaded->settings.watch || loaded->settings.watch->image != image) {
    return ApiProblem{ProblemCode::preconditionFailed, "The app follows this tag no longer."};
  }
  // After a rollback by hand, the tag's old content is not deployed again: only what is new is.
  const auto deployedBefore = wasDeployed(version->record);
  if (deployedBefore.has_error()) return deployedBefore.error();
  if (*deployedBefore) return **resolved;
  DeploymentRecord record;
  record.tenant = tenant;
  record.app = app;
  record.split = {{version->record.version, 10'000}};
  if (loaded->deployment) {
    record.sticky = loaded->deployment->sticky;
    record.autoRollback = loaded->deployment->autoRollback;
  }
  record.cause = DeploymentCause::watch;
  auto deployed = deploy(caller, *owner, *std::move(loaded), std::move(record), Precondition{});
  if (deployed.has_error()) return deployed.error();
  spdlog::info("{}/{}: {} is {} now, deployed", tenant, app, image, version->record.version);
  return **resolved;
}

}  // namespace skiff
