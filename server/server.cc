#include "server/server.h"

#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "config/load.h"
#include "quota/thread_priority.h"
#include "server/started_compilers.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kMemoryCheck{1};
/// Of these, every how manieth looks for quotas that nobody holds.
constexpr unsigned kQuotaChecks = 30;
/// Threads that load modules, beside one for each processor: those that wait for the disk or for
/// code to be compiled must not keep others' modules from being loaded.
constexpr std::size_t kWaitingLoaders = 2;

std::size_t shardCountOf(const ServerConfig& server) {
  if (server.shards != 0) return server.shards;
  return usableProcessors();
}

/// Descriptors for what guests open: half of what the system lets us have.
std::size_t guestFiles() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur / 2 : 512;
}

}  // namespace

Server::Server(Engine& engine, Config config, Inheritance inheritance)
    : engine_(engine),
      inheritance_(std::move(inheritance)),
      config_(std::move(config)),
      nursery_(engine, config_.server.nursery),
      openFiles_(guestFiles()),
      ledger_(config_.server.maxConnections, config_.server.connectionsPerAddress),
      memory_(config_.server.memoryTarget),
      compilation_(engine, std::make_shared<StartedCompilers>(inheritance_.starter),
                   config_.dataDir),
      preparer_(engine, watchdog_, openFiles_, compilation_, SpareSource{nursery_, budget_}) {}

Server::~Server() {
  if (builderThread_.joinable()) builderThread_.join();
}

Result<void> Server::open() {
  auto access = LogSink::open(config_.server.accessLog);
  if (access.has_error()) return access.error();
  accessSink_ = std::move(*access);
  LogSink* guestLogs = accessSink_.get();
  if (!accessSink_->enabled()) {
    auto guests = LogSink::open("-");
    if (guests.has_error()) return guests.error();
    guestSink_ = std::move(*guests);
    guestLogs = guestSink_.get();
  }
  fileApps_ = std::make_unique<FileApps>(preparer_, quotas_, *guestLogs);
  loader_ = std::make_unique<ModuleLoader>(preparer_, compilation_.width() + kWaitingLoaders);
  live_ = std::make_unique<LiveApps>(quotas_, *loader_, *guestLogs, liveHooks());

  if (auto opened = openTls(); opened.has_error()) return opened.error();
  awaitPredecessor();
  if (auto opened = openSockets(); opened.has_error()) return opened.error();
  runners_ = std::make_unique<Runners>(engine_, watchdog_);
  const auto admitOn = [this](std::size_t place) {
    for (; place < shards_.size(); place += WaitingShards::kPlaces) {
      shards_[place]->tellPlaceIsFree();
    }
  };
  const ShardEnvironment environment{config_.server,
                                     sockets_.size(),
                                     ledger_,
                                     nursery_,
                                     budget_,
                                     metrics_,
                                     *accessSink_,
                                     fileIo_,
                                     *runners_,
                                     *loader_,
                                     certificates_->server(),
                                     admitOn};
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    shards_.push_back(std::make_unique<Shard>(environment, i));
  }
  gauges_ = metrics_.addSource([this](GaugeReadings& readings) { readGauges(readings); });
  if (auto confined = giveUpTheRest(); confined.has_error()) return confined.error();
  if (awaitsState_) return {};
  if (auto opened = openState(); opened.has_error()) return opened.error();
  return startAdmin();
}

Result<void> Server::openSockets() {
  PassedDescriptors& passed = inheritance_.passed;
  const std::size_t shards = shardCountOf(config_.server);
  auto sockets = ListenSockets::open(config_.server, shards, passed);
  if (sockets.has_error()) return sockets.error();
  listenSockets_ = std::move(*sockets);
  auto ofShards = listenSockets_.ofShards(shards);
  if (ofShards.has_error()) return ofShards.error();
  sockets_ = std::move(*ofShards);
  auto admin = openAdminSocket(config_.admin.listen, passed);
  if (admin.has_error()) return admin.error();
  adminSocket_ = std::move(*admin);
  for (const PassedDescriptor& one : passed.left()) {
    const auto address = listeningAddress(one.descriptor.number());
    spdlog::warn("{} was passed to this process and is not used: it is in no listen or listen_tls",
                 address ? "the socket of " + address->text() : "a descriptor, " + one.name + ",");
  }
  passed.left().clear();
  return {};
}

/// What is in the data folder, and the API to it.
Result<void> Server::openState() {
  const std::string engine = "V8 " + Engine::version();
  auto deploying = Deploying::open(
      config_, *live_, *certificates_, engine, [this] { return notReady(); }, std::move(locks_));
  if (deploying.has_error()) return deploying.error();
  deploying_ = std::move(*deploying);
  if (!mayChangeState_) deploying_->closeChanges([] {});
  AdminHooks hooks;
  hooks.metrics = [this] { return metrics_.text(); };
  hooks.notReady = [this] { return notReady(); };
  hooks.engine = engine;
  hooks.onAnswer = [this](unsigned status) { metrics_.admin().recordAnswer(status); };
  hooks.onHandshake = [this](HandshakeOutcome outcome) {
    metrics_.admin().recordHandshake(outcome);
  };
  admin_ = std::make_unique<AdminServer>(std::move(hooks), config_.admin.listen, &deploying_->api(),
                                         AdminLimits{}, adminCertificate());
  return {};
}

Result<void> Server::startAdmin() {
  if (auto started = admin_->start(adminSocket_.release()); started.has_error()) {
    return started.error();
  }
  adminStarted_ = true;
  ListenAddress address = config_.admin.listen;
  address.port = admin_->port();
  spdlog::info("admin on {}://{}", config_.admin.isTls() ? "https" : "http", address.text());
  return {};
}

int Server::run() {
  for (const auto& shard : shards_) shard->start();
  // Who connects to sockets that were there before waits until there is an answer.
  if (!listenSockets_.hasPassed()) listen();
  awaitSignals();
  scheduleMemoryCheck();
  scheduleWatchdog();
  watchExpiry();
  build(config_);
  context_.run();
  giveUpSuccessor();
  if (deploying_) deploying_->giveUp();
  live_->close();
  if (builderThread_.joinable()) builderThread_.join();
  if (deploying_) deploying_->cancel();
  gauges_ = {};
  loader_->stop();
  for (const auto& shard : shards_) shard->endGuests();
  for (const auto& shard : shards_) shard->stop();
  if (admin_) admin_->stop();
  return status_;
}

void Server::listen() {
  for (std::size_t i = 0; i < sockets_.size(); ++i) shards_[i]->listen(std::move(sockets_[i]));
  sockets_.clear();
}

/// At once, for requests in flight as well.
void Server::applyLimits(const Config& config) {
  quotas_.apply(config);
  for (const auto& shard : shards_) shard->tellLimitsChanged();
}

void Server::build(Config config) {
  applyLimits(config);  // modules that changed take longer
  building_ = true;
  if (builderThread_.joinable()) builderThread_.join();
  builderThread_ = std::thread([this, config = std::move(config), previous = live_->current()] {
    Built built = fileApps_->build(config, previous.get());
    asio::post(context_, [this, config, built = std::move(built)]() mutable {
      onBuilt(std::move(config), std::move(built));
    });
  });
}

void Server::onBuilt(Config config, Built built) {
  if (draining_) return;  // nobody would be served by it
  std::vector<std::string> wrong;
  if (built.has_error()) {
    const std::vector<Error> errors = built.error();  // error() gives a copy
    for (const Error& error : errors) wrong.push_back(error.message);
    return refuse(wrong);
  }
  const auto set = live_->setFile(config, std::move(*built), [this] { onFileServed(); });
  if (set.has_error()) {
    const RouteConflicts conflicts = set.error();
    for (const RouteConflict& conflict : conflicts) wrong.push_back(conflict.message);
    return refuse(wrong);
  }
  const auto stays = [&](const TenantConfig& tenant) {
    return std::any_of(config.tenants.begin(), config.tenants.end(),
                       [&](const TenantConfig& one) { return one.name == tenant.name; });
  };
  refreshDue_ = serving_ && (config_.limits != config.limits ||
                             !std::all_of(config_.tenants.begin(), config_.tenants.end(), stays));
  config_.limits = config.limits;
  config_.tenants = std::move(config.tenants);
}

void Server::refuse(const std::vector<std::string>& why) {
  building_ = false;
  for (const std::string& message : why) spdlog::error("{}", message);
  if (serving_) {
    applyLimits(config_);
    spdlog::error("the reload is refused; what was served is served on");
    doWhatWaited();
  } else {
    spdlog::error("nothing to serve: mend the above and start again");
    status_ = 1;
    finishDrain();
  }
}

/// At the start, what the catalog has comes on top of it.
void Server::onFileServed() {
  if (draining_) return;
  const bool isStart = !std::exchange(serving_, true);
  if (isStart) {
    if (awaitsState_) return predecessor_->say(HandOverWord::prepared);
    return deploying_ ? loadState() : takeOver();
  }
  deploying_->fileChanged();
  if (!refreshDue_) return onReady();
  builderThread_.join();
  builderThread_ = std::thread([this] {
    deploying_->refresh();
    asio::post(context_, [this] { onReady(); });
  });
}

void Server::loadState() {
  builderThread_.join();
  builderThread_ = std::thread([this] { deploying_->load([this] { onReady(); }); });
}

void Server::onReady() {
  if (draining_) return;
  building_ = false;
  compilation_.giveWay();
  setState({});
  if (!sockets_.empty()) listen();
  const auto deployment = live_->current();
  const auto apps =
      deployment->apps.size() - static_cast<std::size_t>(std::count(
                                    deployment->apps.begin(), deployment->apps.end(), nullptr));
  spdlog::info("ready: {} apps on {} routes", apps, deployment->routes->size());
  tellReady();
  doWhatWaited();
}

/// What signals asked for while something was built.
void Server::doWhatWaited() {
  if (std::exchange(reloadWanted_, false)) reload();
  if (!building_ && std::exchange(restartWanted_, false)) beginRestart();
}

LiveApps::Hooks Server::liveHooks() {
  LiveApps::Hooks hooks;
  hooks.publish = [this](std::shared_ptr<const Deployment> deployment, std::function<void()> done) {
    asio::post(context_, [this, deployment = std::move(deployment), done = std::move(done)] {
      publish(deployment, done);
    });
  };
  hooks.limitsChanged = [this] {
    for (const auto& shard : shards_) shard->tellLimitsChanged();
  };
  hooks.usage = [this] {
    std::vector<LiveApps::Usage> usage;
    for (const auto& shard : shards_) {
      const ShardReadings readings = shard->readings();
      for (const auto& one : readings.instances)
        usage.push_back({one.tenant, one.app, one.count, 0});
      for (const auto& one : readings.memory) usage.push_back({one.tenant, one.app, 0, one.bytes});
    }
    return usage;
  };
  return hooks;
}

/// One at a time; of those that come meanwhile the newest has all that is in the others.
void Server::publish(std::shared_ptr<const Deployment> deployment, std::function<void()> done) {
  if (!toPublish_) toPublish_.emplace();
  toPublish_->deployment = std::move(deployment);
  toPublish_->done.push_back(std::move(done));
  if (!publishing_) publishNext();
}

void Server::publishNext() {
  publishing_ = std::exchange(toPublish_, std::nullopt);
  if (!publishing_) return;
  shardsToDeploy_ = shards_.size();
  for (const auto& shard : shards_) {
    shard->deploy(publishing_->deployment, [this](std::vector<Error> errors) {
      asio::post(context_, [this, errors = std::move(errors)] { onPublished(errors); });
    });
  }
}

void Server::onPublished(const std::vector<Error>& errors) {
  for (const Error& error : errors) spdlog::warn("not warmed up: {}", error.message);
  if (--shardsToDeploy_ != 0) return;
  const auto done = std::move(publishing_->done);
  published_ = std::move(publishing_->deployment);
  publishing_.reset();
  for (const auto& call : done) call();
  publishNext();
}

void Server::reload() {
  if (draining_) return;
  if (building_ || successor_) {
    reloadWanted_ = true;
    return;
  }
  auto loaded = loadConfig(config_.file);
  if (loaded.has_error()) {
    for (const Diagnostic& diagnostic : loaded.error()) spdlog::error("{}", diagnostic.text());
    spdlog::error("the reload is refused; what was served is served on");
    return;
  }
  if (isOutsideSandbox(*loaded)) {
    spdlog::error("the reload is refused; what was served is served on");
    return;
  }
  // For new connections, at once: whatever else the file wants, a certificate must not expire.
  if (!replaceCertificates(*loaded)) {
    spdlog::error("the reload is refused; what was served is served on");
    return;
  }
  if (const auto taken = live_->takenBy(*loaded); !taken.empty()) {
    for (const std::string& message : taken) spdlog::error("{}", message);
    spdlog::error("the reload is refused; what was served is served on");
    return;
  }
  if (loaded->server != config_.server || loaded->admin.listen != config_.admin.listen ||
      loaded->admin.isTls() != config_.admin.isTls() || loaded->sandbox != config_.sandbox) {
    spdlog::warn("changes in [server], [admin] and [sandbox] take effect at the next start");
  }
  build(std::move(*loaded));
}

void Server::beginDrain() {
  draining_ = true;
  spdlog::info("draining: finishing what is in flight, for {} s at most",
               config_.server.drainTimeout.count() / 1000);
  sockets_.clear();
  listenSockets_.close();  // the last ones of each socket are the shards', who empty its queue
  toDrain_ = shards_.size();
  for (const auto& shard : shards_) {
    shard->drain([this] { asio::post(context_, [this] { onPartDrained(); }); });
  }
  endDrainAfter(config_.server.drainTimeout);
}

void Server::endDrainAfter(std::chrono::milliseconds time) {
  drainTimer_.expires_after(time);
  drainTimer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    spdlog::warn("the drain's time is over: ending what is left");
    finishDrain();
  });
}

void Server::onPartDrained() {
  if (--toDrain_ == 0) finishDrain();
}

void Server::finishDrain() {
  compilation_.stop();  // nobody would be served by what it makes
  context_.stop();
}

void Server::scheduleMemoryCheck() {
  memoryTimer_.expires_after(kMemoryCheck);
  memoryTimer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (const std::size_t excess = memory_.excess(); excess != 0) {
      for (const auto& shard : shards_) shard->shed(excess / shards_.size());
      loader_->tidy(std::chrono::steady_clock::time_point::max());
      ::malloc_trim(0);
    }
    loader_->tidy(std::chrono::steady_clock::now());
    if (++memoryChecks_ % kQuotaChecks == 0 && !building_) quotas_.dropUnused();
    scheduleMemoryCheck();
  });
}

void Server::setState(std::string state) {
  const std::lock_guard lock(stateMutex_);
  state_ = std::move(state);
}

std::vector<std::string> Server::notReady() const {
  const std::lock_guard lock(stateMutex_);
  if (state_.empty()) return {};
  return {state_};
}

void Server::readGauges(GaugeReadings& readings) const {
  std::uint64_t connections = 0;
  std::uint64_t exchanges = 0;
  OriginCounts origins;
  for (const auto& shard : shards_) {
    ShardReadings more = shard->readings();
    std::move(more.instances.begin(), more.instances.end(), std::back_inserter(readings.instances));
    std::move(more.memory.begin(), more.memory.end(), std::back_inserter(readings.memory));
    connections += more.connections;
    exchanges += more.exchanges;
    origins.open += more.origins.open;
    origins.idle += more.origins.idle;
    origins.opened += more.origins.opened;
    origins.reused += more.origins.reused;
    origins.failed += more.origins.failed;
  }
  for (const auto& tenant : quotas_.tenants()) {
    if (tenant->throttledNanoseconds.load(std::memory_order_relaxed) == 0) continue;
    readings.throttled.push_back(
        {tenant->name, tenant->throttledNanoseconds.load(std::memory_order_relaxed)});
  }
  for (const auto& app : quotas_.apps()) {
    if (app->droppedLogBytes.load(std::memory_order_relaxed) == 0) continue;
    readings.droppedGuestLogs.push_back(
        {app->tenant->name, app->name, app->droppedLogBytes.load(std::memory_order_relaxed)});
  }
  for (const auto& [owner, count] : live_->rollbacks()) {
    const std::size_t slash = owner.find('/');
    readings.rollbacks.push_back({owner.substr(0, slash), owner.substr(slash + 1), count});
  }
  readings.isolates += engine_.liveIsolates();
  readings.connections.push_back({"active", exchanges});
  readings.connections.push_back({"idle", connections - std::min(connections, exchanges)});
  readings.originConnections.push_back(
      {"active", origins.open - std::min(origins.open, origins.idle)});
  readings.originConnections.push_back({"idle", origins.idle});
  readings.originRequests.push_back({"opened", origins.opened});
  readings.originRequests.push_back({"reused", origins.reused});
  readings.originRequests.push_back({"failed", origins.failed});
  for (const CertificateSet::Shown& one : certificates_->shown()) {
    readings.certificates.push_back({one.host, "client", one.certificate->facts().notAfter});
  }
  if (const auto ofAdmin = adminCertificate()) {
    for (const std::string& name : ofAdmin->facts().names) {
      readings.certificates.push_back({name, "admin", ofAdmin->facts().notAfter});
    }
  }
  readings.droppedLogLines.push_back({"access", accessSink_->droppedLines()});
}

}  // namespace skiff
