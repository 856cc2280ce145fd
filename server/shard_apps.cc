#include "server/shard.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "server/module_loader.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kTick{500};
/// Apps that a tick looks after before others have the loop: some 0.2 ms of work.
constexpr std::size_t kLookedAfterAtOnce = 32;
/// Before a module that could not be loaded is tried again.
constexpr std::chrono::milliseconds kLoadPause{1'000};

/// One step of what goes on for ever: `next` is what it ends with, also where there was no memory
/// for it or a bug ended it.
template <class Step, class Next>
void orElse(Step step, Next next) {
  try {
    step();
  } catch (const std::exception& error) {
    spdlog::error("looking after the apps failed: {}", error.what());
    next();
  }
}

/// A shard's part of what is bounded over all shards.
std::size_t share(std::size_t total, std::size_t shards) {
  return std::max<std::size_t>(1, (total + shards - 1) / shards);
}

}  // namespace

// What is deployed, and what it holds.

std::shared_ptr<TenantPlaces> Shard::placesOf(const TenantQuota& tenant) {
  auto& known = places_[&tenant];
  auto places = known.lock();
  if (!places) known = places = std::make_shared<TenantPlaces>();
  return places;
}

bool Shard::warm(AppHost& host) {
  WarmTask& task = host.warmTask();
  if (task.isBusy() || host.initialisationWait().count() != 0) return false;
  task.start(nullptr);
  enqueue(task);
  return true;
}

void Shard::tidy(AppHost& host) {
  TidyTask& task = host.tidyTask();
  if (task.isBusy() || !host.pool().wantsTidying()) return;
  task.start(*this);
  enqueue(task);
}

bool Shard::load(AppHost& host) {
  if (host.isLoaded()) return true;
  if (host.isLoading()) return false;
  if (auto module = host.version().module()) {
    useModule(host, std::move(module));
    return true;
  }
  if (Clock::now() < host.loadAgain()) return false;
  environment_.loader.load(host.sharedVersion(), [this, host = host.weak_from_this()](
                                                     const ModuleLoader::Loaded& loaded) {
    asio::post(context_, [this, host, loaded] {
      const auto held = host.lock();
      if (!held || held->isLoaded()) return;
      if (loaded.has_value()) return useModule(*held, *loaded);
      notePrewarmed(*held, PrewarmOutcome::failed);
      held->setPrewarming(nullptr);
      held->failLoading(loaded.error().message, Clock::now() + kLoadPause);
    });
  });
  host.beginLoading();
  return false;
}

void Shard::useModule(AppHost& host, std::shared_ptr<const PreparedModule> module) {
  host.setModule(std::move(module), engine_, poolLimits(host.version().config()));
  notePrewarmed(host, PrewarmOutcome::loaded);
  if (host.pool().wantsWarming()) warm(host);
}

void Shard::deploy(std::shared_ptr<const Deployment> deployment,
                   std::function<void(std::vector<Error>)> done) {
  asio::post(context_,
             [this, deployment = std::move(deployment), done = std::move(done)]() mutable {
               incoming_ = std::make_unique<Incoming>();
               incoming_->deployment = std::move(deployment);
               incoming_->done = std::move(done);
               warmNext();
             });
}

/// Goes on to the next of the file's new apps that has a minimum of instances.
void Shard::warmNext() {
  Incoming* const incoming = incoming_.get();
  const auto& apps = incoming->deployment->apps;
  while (incoming->next < apps.size()) {
    const std::size_t target = incoming->next++;
    const auto& app = apps[target];
    if (target < entries_.size() && entries_[target].app == app) continue;
    if (!app || !app->fromFile || app->versions[0]->config().minInstances == 0) continue;
    const auto host = makeHost(app->versions[0], target);
    incoming->hosts.push_back(host);
    host->setModule(app->kept, engine_, poolLimits(app->versions[0]->config()));
    host->warmTask().start([this, incoming](const Result<void>& warmed) {
      if (incoming_.get() == incoming) onWarmed(warmed);
    });
    enqueue(host->warmTask());
    return;
  }
  activate(*incoming);
  const auto finished = std::move(incoming_);
  finished->done(std::move(finished->errors));
}

void Shard::onWarmed(const Result<void>& warmed) {
  if (warmed.has_error()) {
    const VersionFacts& app = incoming_->hosts.back()->version().facts();
    incoming_->errors.push_back(
        Error{app.tenant + "/" + app.config.name + ": " + warmed.error().message});
  }
  asio::post(context_, [this] { warmNext(); });
}

InstancePool::Limits Shard::poolLimits(const AppConfig& config) const {
  InstancePool::Limits limits;
  limits.min = config.minInstances;
  limits.max = std::max(limits.min, share(config.maxInstances, environment_.shardCount));
  return limits;
}

std::shared_ptr<AppHost> Shard::makeHost(const std::shared_ptr<const AppVersion>& version,
                                         std::size_t target) {
  const VersionFacts& facts = version->facts();
  auto host = std::make_shared<AppHost>(version, target, placesOf(*facts.quota->tenant),
                                        metrics_.app(facts.tenant, facts.config.name), context_);
  host->touch(Clock::now());
  return host;
}

void Shard::activate(Incoming& incoming) {
  deployment_ = std::move(incoming.deployment);
  entries_.resize(std::max(entries_.size(), deployment_->apps.size()));
  for (std::size_t target = 0; target < entries_.size(); ++target) {
    const bool is = target < deployment_->apps.size();
    const auto& app = is ? deployment_->apps[target] : nullptr;
    if (entries_[target].app != app) replace(entries_[target], app, incoming);
  }
  retire();
  publishReadings();
}

/// Hosts of versions that stay, stay; those that were made for them are taken, the others retire.
void Shard::replace(Entry& entry, const std::shared_ptr<const ServedApp>& app, Incoming& incoming) {
  Entry old = std::exchange(entry, {app, {}});
  if (app) {
    entry.hosts.resize(app->versions.size());
    const auto take = [](std::vector<std::shared_ptr<AppHost>>& from, const AppVersion* version) {
      for (auto& host : from) {
        if (host && &host->version() == version) return std::exchange(host, nullptr);
      }
      return std::shared_ptr<AppHost>();
    };
    for (std::size_t i = 0; i < app->versions.size(); ++i) {
      auto& host = entry.hosts[i];
      host = take(old.hosts, app->versions[i].get());
      if (host) continue;
      host = take(incoming.hosts, app->versions[i].get());
      const bool isWanted = app->weights[i] != 0 && app->versions[i]->config().minInstances != 0;
      if (!host && isWanted) {
        host = makeHost(app->versions[i], targetOf(entry));
      }
      if (!host) continue;
      hosts_.push_back(host);
      load(*host);
    }
  }
  for (auto& host : old.hosts) {
    if (!host) continue;
    std::erase(hosts_, host);
    retired_.push_back(std::move(host));
  }
}

/// Whose modules can be loaded again.
void Shard::letGo(Clock::time_point now) {
  const bool isShort = prewarmBounds_.isPaused(now);
  for (std::size_t i = 0; i < hosts_.size();) {
    AppHost& host = *hosts_[i];
    Entry& entry = entries_[host.target()];
    const bool isDue = now - host.lastUsed() >= environment_.config.idleInstance ||
                       (isShort && host.isPrewarmed());
    const bool isIdle = isDue && host.unused() && !host.isLoading() && !host.hasWaiting() &&
                        (!host.isLoaded() || host.pool().counts().isolates == 0);
    if (!isIdle || entry.app->fromFile) {
      ++i;
      continue;
    }
    for (auto& held : entry.hosts) {
      if (held.get() == &host) held = nullptr;
    }
    retired_.push_back(std::move(hosts_[i]));
    hosts_[i] = std::move(hosts_.back());
    hosts_.pop_back();
  }
}

/// Each that is loaded.
template <class Visit>
void Shard::forEachHost(Visit visit) {
  for (const auto* hosts : {&hosts_, &retired_}) {
    for (const auto& host : *hosts) {
      if (host->isLoaded()) visit(*host);
    }
  }
}

std::vector<AppHost*> Shard::idleHostsOldestFirst() {
  std::vector<AppHost*> idle;
  forEachHost([&](AppHost& host) {
    if (host.pool().reclaimable()) idle.push_back(&host);
  });
  std::sort(idle.begin(), idle.end(),
            [](AppHost* a, AppHost* b) { return a->lastUsed() < b->lastUsed(); });
  return idle;
}

bool Shard::giveBackOldest() {
  const auto idle = idleHostsOldestFirst();
  return !idle.empty() && idle.front()->pool().evictIdle(0);
}

bool Shard::giveBackIdle(const TenantQuota& tenant) {
  bool freed = false;
  for (AppHost* host : idleHostsOldestFirst()) {
    if (host->quota().tenant.get() == &tenant) freed |= host->pool().evictIdle(0);
  }
  return freed;
}

void Shard::shed(std::size_t bytes) {
  asio::post(context_, [this, bytes] {
    prewarmBounds_.pause(Clock::now());
    std::size_t freed = 0;
    std::size_t apps = 0;
    for (AppHost* host : idleHostsOldestFirst()) {
      if (freed >= bytes) break;
      const std::size_t before = host->pool().counts().bytes;
      apps += host->pool().evictIdle(0) ? 1 : 0;
      freed += before - std::min(before, host->pool().counts().bytes);
    }
    if (apps != 0) {
      spdlog::info(
          "shard {}: gave back what {} apps held idle, about {} KiB, to meet the memory target",
          index_, apps, freed >> 10);
    }
  });
}

void Shard::scheduleTick() {
  ticker_.expires_after(kTick);
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    orElse([this] { tick(); }, [this] { scheduleTick(); });
  });
}

void Shard::tick() {
  now_ = Clock::now();
  accessLog_.flush();
  warmedOne_ = false;
  lookAfter(0);
}

void Shard::lookAfter(std::size_t first) {
  const std::size_t end = std::min(first + kLookedAfterAtOnce, hosts_.size() + retired_.size());
  for (std::size_t i = first; i < end; ++i) {
    const auto host = i < hosts_.size() ? hosts_[i] : retired_[i - hosts_.size()];
    if (host->isLoaded()) lookAfter(*host);
  }
  // Those that come or go meanwhile may make others be passed over: until the next tick.
  if (end < hosts_.size() + retired_.size()) {
    return asio::post(context_, [this, end] {
      orElse([this, end] { lookAfter(end); }, [this] { scheduleTick(); });
    });
  }
  letGo(now_);
  retire();
  ++ticks_;
  publishReadings();
  scheduleTick();
}

void Shard::lookAfter(AppHost& host) {
  host.pool().housekeep();
  tidy(host);
  if (host.noticeRefusals() && host.pool().reclaimable()) host.pool().evictIdle(0);
  // What was given back of an app's minimum comes again, one app a tick.
  if (!warmedOne_ && host.pool().wantsWarming() && host.unused()) warmedOne_ = warm(host);
  host.version().log().flush();
  host.publishCounts();
  if (now_ - host.lastUsed() >= environment_.config.idleInstance) {
    host.pool().evictIdle(host.pool().limits().min);
  }
}

void Shard::retire() {
  const std::size_t gone = std::erase_if(retired_, [](const auto& host) { return host->unused(); });
  if (gone == 0) return;
  std::erase_if(places_, [](const auto& entry) { return entry.second.expired(); });
}

void Shard::publishReadings() {
  ShardReadings readings;
  readings.ticks = ticks_;
  forEachHost([&](AppHost& host) {
    const PoolCounts counts = host.pool().counts();
    if (counts.isolates == 0) return;
    const VersionFacts& app = host.version().facts();
    readings.instances.push_back({app.tenant, app.config.name, "idle", counts.idle});
    readings.instances.push_back({app.tenant, app.config.name, "busy", counts.busy});
    readings.memory.push_back({app.tenant, app.config.name, counts.bytes});
    readings.isolates += counts.isolates;
  });
  forEachHost([&](AppHost& host) {
    if (const HttpOriginConnector* origin = host.origin()) {
      const OriginCounts more = origin->counts();
      readings.origins.open += more.open;
      readings.origins.idle += more.idle;
      readings.origins.opened += more.opened;
      readings.origins.reused += more.reused;
      readings.origins.failed += more.failed;
    }
  });
  readings.connections = frontEnd_->connections();
  readings.exchanges = frontEnd_->exchanges();
  const std::lock_guard lock(readingsMutex_);
  readings_ = std::move(readings);
}

ShardReadings Shard::readings() const {
  const std::lock_guard lock(readingsMutex_);
  return readings_;
}

}  // namespace skiff
