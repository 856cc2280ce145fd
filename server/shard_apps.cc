#include "server/shard.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

namespace skiff {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kTick{500};

/// A shard's part of what is bounded over all shards.
std::size_t share(std::size_t total, std::size_t shards) {
  return std::max<std::size_t>(1, (total + shards - 1) / shards);
}

}  // namespace

// What is deployed, and what it holds.

std::shared_ptr<TenantPlaces> Shard::placesOf(const TenantQuota& tenant) {
  std::erase_if(places_, [](const auto& entry) { return entry.second.expired(); });
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

void Shard::deploy(std::shared_ptr<const Deployment> deployment,
                   std::function<void(std::vector<Error>)> done) {
  asio::post(
      context_, [this, deployment = std::move(deployment), done = std::move(done)]() mutable {
        // One that is still on its way in is overtaken; what it made ready goes.
        if (incoming_) {
          std::move(incoming_->hosts.begin(), incoming_->hosts.end(), std::back_inserter(retired_));
        }
        incoming_ = std::make_unique<Incoming>();
        incoming_->deployment = std::move(deployment);
        incoming_->done = std::move(done);
        for (const auto& host : hosts_) incoming_->known.emplace(&host->deployment(), host);
        warmNext();
      });
}

void Shard::warmNext() {
  Incoming* const incoming = incoming_.get();
  const auto& apps = incoming->deployment->apps;
  if (incoming->next == apps.size()) {
    activate(*incoming);
    const auto finished = std::move(incoming_);
    finished->done(std::move(finished->errors));
    return;
  }
  const auto& app = apps[incoming->next++];
  std::shared_ptr<AppHost> host;
  if (const auto known = incoming->known.find(app.get()); known != incoming->known.end()) {
    host = std::move(known->second);
    incoming->known.erase(known);
  } else {
    host = makeHost(app);
    incoming->hosts.push_back(host);
    host->warmTask().start([this, incoming](const Result<void>& warmed) {
      if (incoming_.get() == incoming) onWarmed(warmed);
    });
    enqueue(host->warmTask());
    return;
  }
  incoming->hosts.push_back(std::move(host));
  asio::post(context_, [this] { warmNext(); });
}

void Shard::onWarmed(const Result<void>& warmed) {
  if (warmed.has_error()) {
    const AppDeployment& app = incoming_->hosts.back()->deployment();
    incoming_->errors.push_back(
        Error{app.tenant + "/" + app.config.name + ": " + warmed.error().message});
  }
  asio::post(context_, [this] { warmNext(); });
}

std::shared_ptr<AppHost> Shard::makeHost(const std::shared_ptr<const AppDeployment>& app) {
  InstancePool::Limits limits;
  limits.min = app->config.minInstances;
  limits.max = std::max(limits.min, share(app->config.maxInstances, environment_.shardCount));
  auto host = std::make_shared<AppHost>(app, engine_, limits, placesOf(*app->quota->tenant),
                                        metrics_.app(app->tenant, app->config.name), context_);
  host->touch(Clock::now());
  return host;
}

void Shard::activate(Incoming& incoming) {
  for (auto& [app, host] : incoming.known) retired_.push_back(std::move(host));
  incoming.known.clear();
  deployment_ = std::move(incoming.deployment);
  hosts_ = std::move(incoming.hosts);
  retire();
  publishReadings();
}

template <class Visit>
void Shard::forEachHost(Visit visit) {
  for (const auto& host : hosts_) visit(*host);
  for (const auto& host : retired_) visit(*host);
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
    tick();
    scheduleTick();
  });
}

void Shard::tick() {
  now_ = Clock::now();
  accessLog_.flush();
  bool warmed = false;
  forEachHost([&](AppHost& host) {
    host.pool().housekeep();
    tidy(host);
    if (host.noticeRefusals() && host.pool().reclaimable()) host.pool().evictIdle(0);
    // What was given back of an app's minimum comes again, one app a tick.
    if (!warmed && host.pool().wantsWarming() && host.unused()) warmed = warm(host);
    host.deployment().faults->flush();
    host.deployment().log->flush();
    if (now_ - host.lastUsed() >= environment_.config.idleInstance) {
      host.pool().evictIdle(host.pool().limits().min);
    }
  });
  retire();
  publishReadings();
}

void Shard::retire() {
  std::erase_if(retired_, [](const auto& host) { return host->unused(); });
}

void Shard::publishReadings() {
  ShardReadings readings;
  forEachHost([&](AppHost& host) {
    const PoolCounts counts = host.pool().counts();
    if (counts.isolates == 0) return;
    const AppDeployment& app = host.deployment();
    readings.instances.push_back({app.tenant, app.config.name, "idle", counts.idle});
    readings.instances.push_back({app.tenant, app.config.name, "busy", counts.busy});
    readings.memory.push_back({app.tenant, counts.bytes});
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
