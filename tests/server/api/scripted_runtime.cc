#include "tests/server/api/scripted_runtime.h"

namespace skiff::testing {

/// Ends under the lock that lines are told under.
struct ScriptedRuntime::Follower final : LogSubscription {
  Follower(ScriptedRuntime& of, Key what, std::function<void(std::string_view)> call)
      : runtime(of), key(std::move(what)), line(std::move(call)) {}
  ~Follower() override {
    const std::lock_guard lock(runtime.mutex_);
    std::erase_if(runtime.followers_, [&](const auto& entry) { return entry.second == &line; });
  }
  ScriptedRuntime& runtime;
  Key key;
  std::function<void(std::string_view)> line;
};

Result<AppRuntime::Prepared, AppRuntime::Refusal> ScriptedRuntime::prepare(
    const AppSpec& app, const VersionSpec& version) {
  if (preparing) return preparing(app, version);
  Prepared prepared = preparedAs("wasi");
  prepared.notes = {"a note"};
  return prepared;
}

Result<void, AppRuntime::Refusal> ScriptedRuntime::apply(Change change,
                                                         const std::function<bool()>& commit) {
  const std::lock_guard applyLock(applyMutex_);
  if (applying) {
    if (auto refused = applying(change); refused.has_error()) return refused.error();
  }
  {
    const std::lock_guard lock(mutex_);
    for (const AppSpec& app : change.apps) {
      for (const auto& [key, other] : apps_) {
        if (key == Key(app.tenant, app.config.name)) continue;
        for (const std::string& route : app.config.routes) {
          for (const std::string& taken : other.config.routes) {
            if (route != taken) continue;
            return Refusal{Refusal::Kind::routes, route + " is of " + key.first + "/" + key.second,
                           key.first == app.tenant ? "" : key.first};
          }
        }
      }
    }
  }
  if (!commit()) return Refusal{Refusal::Kind::committed, "no", ""};
  const std::lock_guard lock(mutex_);
  for (const std::string& tenant : change.removedTenants) {
    std::erase_if(apps_, [&](const auto& entry) { return entry.first.first == tenant; });
    tenants_.erase(tenant);
  }
  for (const Key& app : change.removedApps) apps_.erase(app);
  for (auto& [tenant, limits] : change.tenants) tenants_[tenant] = limits;
  for (AppSpec& app : change.apps) apps_[{app.tenant, app.config.name}] = std::move(app);
  return {};
}

bool ScriptedRuntime::isFileTenant(const std::string& name) const {
  return fileTenants.contains(name);
}

std::vector<AppRuntime::AppStatus> ScriptedRuntime::status(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  std::vector<AppStatus> all;
  for (const auto& [key, app] : apps_) {
    if (!tenant.empty() && key.first != tenant) continue;
    AppStatus status;
    status.tenant = key.first;
    status.app = key.second;
    for (const VersionSpec& version : app.versions) status.versions.push_back(version.name);
    status.loaded = !status.versions.empty();
    all.push_back(std::move(status));
  }
  return all;
}

std::unique_ptr<AppRuntime::LogSubscription> ScriptedRuntime::followLog(
    const std::string& tenant, const std::string& app,
    std::function<void(std::string_view line)> line) {
  for (const std::string& held : heldLines) line(held);
  auto follower = std::make_unique<Follower>(*this, Key(tenant, app), std::move(line));
  const std::lock_guard lock(mutex_);
  followers_.emplace(follower->key, &follower->line);
  return follower;
}

void ScriptedRuntime::onRollbackDue(std::function<bool(const RollbackNotice&)> call) {
  rollbackDue_ = std::move(call);
}

AppSpec ScriptedRuntime::served(const std::string& tenant, const std::string& app) const {
  const std::lock_guard lock(mutex_);
  const auto found = apps_.find({tenant, app});
  return found == apps_.end() ? AppSpec{} : found->second;
}

bool ScriptedRuntime::serves(const std::string& tenant, const std::string& app) const {
  const std::lock_guard lock(mutex_);
  return apps_.contains({tenant, app});
}

Limits ScriptedRuntime::limitsOf(const std::string& tenant) const {
  const std::lock_guard lock(mutex_);
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? Limits{} : found->second;
}

void ScriptedRuntime::log(const std::string& tenant, const std::string& app,
                          std::string_view line) {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = followers_.equal_range({tenant, app});
  for (auto at = begin; at != end; ++at) (*at->second)(line);
}

void ScriptedRuntime::rollBack(const RollbackNotice& notice) {
  rollbackDue_(notice);
}

std::size_t ScriptedRuntime::followers() const {
  const std::lock_guard lock(mutex_);
  return followers_.size();
}

}  // namespace skiff::testing
