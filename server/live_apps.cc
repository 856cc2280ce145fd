#include "server/live_apps.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "isolate/abi/entry_abi.h"
#include "isolate/prepared_module.h"
#include "server/file_apps.h"
#include "server/module_loader.h"

namespace skiff {
namespace {

/// The app as its version sees it: what its image says, and what the app says over that.
AppConfig configOf(const AppSpec& app, const VersionSpec& version) {
  AppConfig config = app.config;
  config.module = version.module;
  if (version.tree && !config.files) config.files = version.tree;
  config.args = version.args;
  config.args.insert(config.args.end(), app.config.args.begin(), app.config.args.end());
  config.env.clear();
  const auto isSet = [&](const std::string& name) {
    return std::any_of(app.config.env.begin(), app.config.env.end(),
                       [&](const auto& entry) { return entry.first == name; });
  };
  for (const auto& entry : version.env) {
    if (!isSet(entry.first)) config.env.push_back(entry);
  }
  config.env.insert(config.env.end(), app.config.env.begin(), app.config.env.end());
  return config;
}

const AppVersion* findVersion(const ServedApp* app, const std::string& name) {
  if (!app) return nullptr;
  for (const auto& version : app->versions) {
    if (version->facts().name == name) return version.get();
  }
  return nullptr;
}

std::uint32_t weightOf(const ServedApp& app, const std::string& name) {
  for (std::size_t i = 0; i < app.versions.size(); ++i) {
    if (app.versions[i]->facts().name == name) return app.weights[i];
  }
  return 0;
}

class TailSubscription final : public AppRuntime::LogSubscription {
 public:
  explicit TailSubscription(std::unique_ptr<LogTail::Subscription> subscription)
      : subscription_(std::move(subscription)) {}

 private:
  const std::unique_ptr<LogTail::Subscription> subscription_;
};

AppRuntime::Refusal loadRefusal(const LoadError& error, const std::string& which = {}) {
  using Kind = AppRuntime::Refusal::Kind;
  return {error.isTransient ? Kind::overloaded : Kind::module, which + error.message, {}};
}

}  // namespace

LiveApps::LiveApps(Quotas& quotas, ModuleLoader& loader, LogSink& guestLogs, Hooks hooks)
    : quotas_(quotas), loader_(loader), guestLogs_(guestLogs), hooks_(std::move(hooks)) {}

LiveApps::~LiveApps() {
  close();
}

bool LiveApps::isOpen() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void LiveApps::onRollbackDue(std::function<bool(const RollbackNotice&)> call) {
  call ? watcher_.start(std::move(call)) : watcher_.stop();
}

void LiveApps::close() {
  {
    const std::scoped_lock lock(mutex_, publishMutex_);
    open_ = false;
    closed_ = true;
  }
  published_.notify_all();
  watcher_.stop();
}

std::shared_ptr<const Deployment> LiveApps::current() const {
  const std::lock_guard lock(mutex_);
  return served_.current();
}

bool LiveApps::isFileTenant(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return definesTenant(name);
}

bool LiveApps::definesTenant(const std::string& name) const {
  return std::any_of(file_.tenants.begin(), file_.tenants.end(),
                     [&](const TenantConfig& tenant) { return tenant.name == name; });
}

bool LiveApps::definesTenantOf(const Change& change) const {
  const auto defines = [&](const auto& named) { return definesTenant(named.first); };
  return std::any_of(change.tenants.begin(), change.tenants.end(), defines) ||
         std::any_of(change.removedApps.begin(), change.removedApps.end(), defines) ||
         std::any_of(change.apps.begin(), change.apps.end(),
                     [&](const AppSpec& app) { return definesTenant(app.tenant); }) ||
         std::any_of(change.removedTenants.begin(), change.removedTenants.end(),
                     [&](const std::string& tenant) { return definesTenant(tenant); });
}

std::vector<std::string> LiveApps::takenBy(const Config& config) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> taken;
  for (const TenantConfig& tenant : config.tenants) {
    if (!tenants_.contains(tenant.name)) continue;
    taken.push_back("tenant \"" + tenant.name +
                    "\" is in the catalog already: give the file's another name, or delete the "
                    "catalog's with `skiff tenants delete " +
                    tenant.name + "`");
  }
  return taken;
}

std::vector<TenantConfig> LiveApps::fileTenants() const {
  const std::lock_guard lock(mutex_);
  return file_.tenants;
}

Limits LiveApps::serverLimits() const {
  const std::lock_guard lock(mutex_);
  return file_.limits;
}

OciConfig LiveApps::registries() const {
  const std::lock_guard lock(mutex_);
  return file_.oci;
}

Result<void, RouteConflicts> LiveApps::setFile(const Config& config,
                                               std::vector<std::shared_ptr<const ServedApp>> apps,
                                               std::function<void()> done) {
  const std::lock_guard changing(changing_);
  RouteConflicts taken;
  for (const std::string& message : takenBy(config)) taken.push_back({message, {}, {}});
  if (!taken.empty()) return taken;

  const std::lock_guard lock(mutex_);
  AppsEdit edit;
  std::set<std::string> owners;
  for (const auto& app : apps) owners.insert(app->owner());
  for (const auto& app : served_.current()->apps) {
    if (app && app->fromFile && !owners.contains(app->owner())) {
      edit.removed.push_back(app->owner());
    }
  }
  edit.set = std::move(apps);
  auto drafted = served_.draft(edit);
  if (drafted.has_error()) return drafted.error();
  served_.install(*drafted, edit);
  file_ = config;
  hooks_.publish(std::move(*drafted), std::move(done));
  return {};
}

std::shared_ptr<const AppVersion> LiveApps::makeVersion(const AppSpec& app,
                                                        const VersionSpec& version,
                                                        const ServedApp* previous,
                                                        const ServedApp& served) const {
  AppConfig config = configOf(app, version);
  const auto fits = [&](const AppVersion& known) {
    const VersionFacts& facts = known.facts();
    return facts.name == version.name && facts.digest == version.digest &&
           facts.quota == served.quota && facts.log == served.log && servesAs(facts.config, config);
  };
  if (previous) {
    for (const auto& known : previous->versions) {
      if (fits(*known)) return known;
    }
  }
  {
    const std::lock_guard lock(preparedMutex_);
    for (const auto& weak : prepared_) {
      if (const auto known = weak.lock(); known && fits(*known)) return known;
    }
  }
  VersionFacts facts;
  facts.tenant = app.tenant;
  facts.config = std::move(config);
  facts.quota = served.quota;
  facts.name = version.name;
  facts.digest = version.digest;
  facts.moduleDigest = version.moduleDigest;
  facts.log = served.log;
  facts.appTotals = served.totals;
  facts.pin = version.pin;
  const AppVersion* const before = findVersion(previous, version.name);
  if (before && before->facts().digest == version.digest) facts.totals = before->facts().totals;
  return std::make_shared<const AppVersion>(std::move(facts));
}

Result<std::shared_ptr<ServedApp>> LiveApps::makeApp(
    const AppSpec& app, const std::shared_ptr<const ServedApp>& previous,
    const Limits* tenantLimits) const {
  auto served = std::make_shared<ServedApp>();
  served->tenant = app.tenant;
  served->name = app.config.name;
  auto routes = parseRoutes(served->owner(), app.config.routes);
  if (routes.has_error()) return routes.error().front();
  served->routes = std::move(*routes);
  served->priority = app.config.priority;
  if (tenantLimits) quotas_.takeTenant(app.tenant, *tenantLimits);
  served->quota = quotas_.takeApp(app.tenant, app.config.name, app.config.limits);
  if (!served->quota) return Error{"there is no tenant \"" + app.tenant + "\""};
  const bool known = previous && previous->quota == served->quota;
  served->log =
      known ? previous->log
            : std::make_shared<AppLog>(app.tenant, app.config.name, guestLogs_, served->quota);
  served->totals = known ? previous->totals : std::make_shared<RequestTotals>();
  for (const VersionSpec& version : app.versions) {
    served->versions.push_back(
        makeVersion(app, version, known ? previous.get() : nullptr, *served));
    served->weights.push_back(version.weight);
  }
  served->split = Split(served->weights, app.sticky);
  served->overrideKey = app.overrideKey;
  served->deployment = app.deployment;
  served->autoRollback = app.autoRollback;
  return served;
}

void LiveApps::setLimits(const Change& change) {
  for (const auto& [name, limits] : change.tenants) {
    auto& quota = tenants_[name];
    quota = quotas_.takeTenant(name, limits);
    quota->limits.set(limits);
  }
  for (const AppSpec& app : change.apps) {
    const auto quota = quotas_.app(app.tenant, app.config.name);
    if (quota) quota->limits.set(app.config.limits);
  }
  for (const std::string& tenant : change.removedTenants) tenants_.erase(tenant);
}

AppsEdit LiveApps::editOf(const Change& change) const {
  AppsEdit edit;
  for (const auto& [tenant, app] : change.removedApps) edit.removed.push_back(tenant + "/" + app);
  if (change.removedTenants.empty()) return edit;
  for (const auto& app : served_.current()->apps) {
    if (app &&
        std::count(change.removedTenants.begin(), change.removedTenants.end(), app->tenant) != 0) {
      edit.removed.push_back(app->owner());
    }
  }
  return edit;
}

namespace {

AppRuntime::Refusal notReady() {
  return {AppRuntime::Refusal::Kind::notReady,
          "the server is starting or ending; try again in a moment",
          {}};
}

const Limits* limitsOf(const AppRuntime::Change& change, const std::string& tenant) {
  for (const auto& [name, limits] : change.tenants) {
    if (name == tenant) return &limits;
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> LiveApps::load(Change change, std::function<void()> done) {
  std::vector<std::string> problems;
  const std::scoped_lock lock(changing_, mutex_);
  const auto isShadowed = [&](const std::string& tenant) { return definesTenant(tenant); };
  for (const auto& [name, limits] : change.tenants) {
    if (isShadowed(name)) {
      problems.push_back("tenant \"" + name +
                         "\" of the catalog is not served: the configuration file has one of that "
                         "name");
    }
  }
  std::erase_if(change.tenants, [&](const auto& tenant) { return isShadowed(tenant.first); });
  std::erase_if(change.apps, [&](const AppSpec& app) { return isShadowed(app.tenant); });
  setLimits(change);
  open_ = !closed_;

  AppsEdit edit;
  for (const AppSpec& app : change.apps) {
    auto served = makeApp(app, nullptr, nullptr);
    if (served.has_error()) {
      problems.push_back(served.error().message);
    } else {
      edit.set.push_back(std::move(*served));
    }
  }
  while (true) {
    auto drafted = served_.draft(edit);
    if (drafted.has_value()) {
      served_.install(*drafted, edit);
      hooks_.publish(std::move(*drafted), std::move(done));
      return problems;
    }
    // Of two, the file's stays, else the first.
    std::set<std::string> out;
    const RouteConflicts conflicts = drafted.error();
    for (const RouteConflict& conflict : conflicts) {
      const auto other = served_.find(conflict.second);
      const std::string& owner = other ? conflict.first : conflict.second;
      out.insert(owner);
      problems.push_back(owner + " is not served: " + conflict.message);
    }
    std::erase_if(edit.set, [&](const auto& app) { return out.contains(app->owner()); });
  }
}

Result<AppRuntime::Prepared, AppRuntime::Refusal> LiveApps::prepare(const AppSpec& app,
                                                                    const VersionSpec& version) {
  std::shared_ptr<const ServedApp> previous;
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return notReady();
    previous = served_.find(app.tenant + "/" + app.config.name);
  }
  const auto served = makeApp(app, previous, nullptr);
  if (served.has_error()) return Refusal{Refusal::Kind::module, served.error().message, {}};
  const auto made = makeVersion(app, version, previous.get(), **served);
  const auto loaded = loader_.loadNow(made);
  if (loaded.has_error()) {
    if (!isOpen()) return notReady();
    return loadRefusal(loaded.error());
  }
  {
    const std::lock_guard lock(preparedMutex_);
    std::erase_if(prepared_, [](const auto& weak) { return weak.expired(); });
    prepared_.push_front(made);
    if (prepared_.size() > kMostPrepared) prepared_.pop_back();
  }
  const PreparedModule& module = **loaded;
  Prepared prepared;
  prepared.abi = module.abi->name();
  prepared.compileTime = module.compileTime;
  prepared.initTime = module.initTime;
  prepared.wasCompiled = !module.stored;
  if (!module.image) {
    prepared.notes.push_back("each request gets a new instance, initialised in " +
                             std::to_string(module.initTime.count()) + " us: " + module.whyNoImage);
  }
  return prepared;
}

Result<void, AppRuntime::Refusal> LiveApps::apply(Change change,
                                                  const std::function<bool()>& commit) {
  std::vector<std::shared_ptr<const ServedApp>> previous;
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return notReady();
    for (const AppSpec& app : change.apps) {
      previous.push_back(served_.find(app.tenant + "/" + app.config.name));
    }
  }
  std::vector<std::shared_ptr<const ServedApp>> set;
  // Held until shards serve them.
  std::vector<std::shared_ptr<const PreparedModule>> modules;
  for (std::size_t i = 0; i < change.apps.size(); ++i) {
    const AppSpec& app = change.apps[i];
    const auto served = makeApp(app, previous[i], limitsOf(change, app.tenant));
    if (served.has_error()) return Refusal{Refusal::Kind::routes, served.error().message, {}};
    for (std::size_t v = 0; v < app.versions.size(); ++v) {
      const auto& version = (*served)->versions[v];
      const std::string& name = app.versions[v].name;
      const AppVersion* const known = findVersion(previous[i].get(), name);
      // Of many apps that change together, those that nobody uses are loaded when somebody does.
      const bool isWanted = change.apps.size() == 1 || !known || known->module();
      const bool isServed = known == version.get() && weightOf(*previous[i], name) != 0;
      if (isServed || !isWanted || app.versions[v].weight == 0) continue;
      const auto loaded = loader_.loadNow(version);
      if (loaded.has_error()) {
        if (!isOpen()) return notReady();
        return loadRefusal(loaded.error(),
                           "version " + app.versions[v].name + " of " + (*served)->owner() + ": ");
      }
      modules.push_back(*loaded);
    }
    set.push_back(*served);
  }

  const auto published = std::make_shared<bool>(false);
  {
    const std::lock_guard changing(changing_);
    {
      const std::lock_guard lock(mutex_);
      // It may have come with the file meanwhile.
      if (!open_ || definesTenantOf(change)) return notReady();
    }
    AppsEdit edit = editOf(change);
    edit.set = set;
    auto drafted = served_.draft(edit);
    if (drafted.has_error()) {
      const RouteConflict conflict = drafted.error().front();
      const std::string tenant = change.apps.empty() ? "" : change.apps.front().tenant;
      Refusal refusal{Refusal::Kind::routes, conflict.message, {}};
      for (const std::string& owner : {conflict.first, conflict.second}) {
        const std::string of = owner.substr(0, owner.find('/'));
        if (of != tenant) refusal.otherTenant = of;
      }
      return refusal;
    }
    if (!commit()) return Refusal{Refusal::Kind::committed, {}, {}};
    {
      const std::lock_guard lock(mutex_);
      setLimits(change);
      served_.install(*drafted, edit);
    }
    for (std::size_t i = 0; i < set.size(); ++i) watcher_.watch(*set[i], previous[i].get());
    for (const std::string& owner : edit.removed) watcher_.forget(owner);
    hooks_.publish(std::move(*drafted), [this, published] {
      const std::lock_guard done(publishMutex_);
      *published = true;
      published_.notify_all();
    });
  }
  hooks_.limitsChanged();
  std::unique_lock waiting(publishMutex_);
  published_.wait(waiting, [&] { return *published || closed_; });
  return {};
}

std::vector<AppRuntime::AppStatus> LiveApps::status(const std::string& tenant) const {
  const auto deployment = current();
  std::map<std::pair<std::string, std::string>, Usage> used;
  for (const Usage& usage : hooks_.usage()) {
    Usage& sum = used[{usage.tenant, usage.app}];
    sum.instances += usage.instances;
    sum.bytes += usage.bytes;
  }
  std::vector<AppStatus> all;
  for (const auto& app : deployment->apps) {
    if (!app || (!tenant.empty() && app->tenant != tenant)) continue;
    AppStatus status;
    status.tenant = app->tenant;
    status.app = app->name;
    for (const auto& version : app->versions) {
      status.versions.push_back(version->facts().name);
      status.loaded |= version->module() != nullptr;
    }
    status.fromFile = app->fromFile;
    status.requests = app->totals->requests.load(std::memory_order_relaxed);
    status.failed = app->totals->failed.load(std::memory_order_relaxed);
    status.cpuMicroseconds = app->totals->cpuNanoseconds.load(std::memory_order_relaxed) / 1'000;
    if (const auto found = used.find({app->tenant, app->name}); found != used.end()) {
      status.memoryBytes = found->second.bytes;
      status.instances = found->second.instances;
    }
    all.push_back(std::move(status));
  }
  return all;
}

std::unique_ptr<AppRuntime::LogSubscription> LiveApps::followLog(
    const std::string& tenant, const std::string& app,
    std::function<void(std::string_view line)> line) {
  std::shared_ptr<const ServedApp> served;
  {
    const std::lock_guard lock(mutex_);
    served = served_.find(tenant + "/" + app);
  }
  if (!served) return nullptr;
  return std::make_unique<TailSubscription>(served->log->tail->follow(std::move(line)));
}

}  // namespace skiff
