#include "server/shard.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "quota/cycle_clock.h"
#include "server/request_task.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kTick{500};
/// Turns in a row before the loop looks for what has arrived.
constexpr std::chrono::microseconds kTurns{200};
/// Requests that wait to be admitted.
constexpr std::size_t kMostWaiting = 10'000;
constexpr std::chrono::milliseconds kAdmissionPoll{2};

/// Ends the loop's run() on a thread that has lost its shard.
struct Lost {};

/// A shard's part of what is bounded over all shards.
std::size_t share(std::size_t total, std::size_t shards) {
  return std::max<std::size_t>(1, (total + shards - 1) / shards);
}

std::string_view pathOf(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::optional<std::chrono::nanoseconds> needed(std::chrono::nanoseconds time) {
  if (time.count() == 0) return std::nullopt;
  return time;
}

}  // namespace

Shard::Shard(const ShardEnvironment& environment, std::size_t index)
    : environment_(environment),
      index_(index),
      engine_(environment.nursery, environment.budget, environment.config.reset),
      fileIo_(context_, environment.fileIo),
      metrics_(environment.metrics.addShard()),
      accessLog_(environment.accessLog),
      frontEnd_(std::make_unique<HttpFrontEnd>(context_, HttpLimits::from(environment.config),
                                               environment.ledger, *this)) {
  engine_.setFileIo(&fileIo_);
}

Shard::~Shard() {
  stop();
}

void Shard::start(std::vector<ListenSocket> sockets) {
  for (ListenSocket& socket : sockets) frontEnd_->listen(std::move(socket));
  work_.emplace(context_.get_executor());
  scheduleTick();
  started_ = true;
  environment_.runners.carry(*this);
}

Carried::End Shard::carry(GuestPlace& place) {
  pthread_setname_np(pthread_self(), ("shard-" + std::to_string(index_)).c_str());
  place.thread().carry(this);
  if (performing_) {
    metrics_.recordHandOff();
    Work& lost = *std::exchange(performing_, nullptr);
    chargeTurn(lost.host(), OverrunForecast::kSlice);
    noteAway(lost);
    if (!turns_.empty()) postTurns();
  }
  while (true) {
    try {
      context_.run();
      break;
    } catch (const Lost&) {
      return End::lost;
    } catch (const std::exception& error) {
      // A bug that nothing else caught: what it was about is lost, the others are not.
      spdlog::critical("shard {} failed: {}", index_, error.what());
      inEvent_ = false;
      if (!turns_.empty()) postTurns();
    }
  }
  // Isolates go before the loop that their tasks came from.
  incoming_.reset();
  refused_.clear();
  retired_.clear();
  hosts_.clear();
  place.seat().leave();
  place.thread().carry(nullptr);
  ended_.set_value();
  return End::ended;
}

// Turns.

void Shard::enqueue(Work& work) {
  AppHost& host = work.host();
  // The only one of an event may have its turn at the event's end.
  if (!inEvent_ || turnsPosted_ || !turns_.empty()) {
    if (inEvent_ && turns_.size() == 1) static_cast<Work*>(turns_.first())->onTurnPosted();
    work.onTurnPosted();
  }
  turns_.push(host.turns(), work, host.weights());
  if (!inEvent_) postTurns();
}

void Shard::chargeTurn(AppHost& host, std::chrono::nanoseconds cpu) {
  turns_.charge(host.turns(), static_cast<double>(cpu.count()));
}

void Shard::onEventEnd() {
  inEvent_ = false;
  if (turns_.empty() || turnsPosted_) return;
  // The usual case: one request has arrived, and is over soon. Else others that have arrived as
  // well are looked for first.
  auto* const first = static_cast<Work*>(turns_.first());
  if (turns_.size() != 1 || !first->host().isBrief()) {
    first->onTurnPosted();
    return postTurns();
  }
  turns_.pop();
  takeTurn(*first);
}

void Shard::postTurns() {
  if (std::exchange(turnsPosted_, true)) return;
  asio::post(context_, [this] {
    turnsPosted_ = false;
    giveTurns();
  });
}

void Shard::giveTurns() {
  const std::uint64_t start = readCycles();
  while (!turns_.empty()) {
    if (cyclesToTime(readCycles() - start) >= kTurns) return postTurns();
    takeTurn(static_cast<Work&>(*turns_.pop()));
  }
}

// Admission.

void Shard::awaitAdmission(RequestTask& task) {
  admissions_.push(task.host().admissions(), task, task.host().weights());
  if (!task.admission()) noteRefused(task);
  // What another shard lets go, and what flows into a bucket, comes without a word.
  if (!admissionDue_) scheduleAdmission(kAdmissionPoll);
  if (admissions_.size() > kMostWaiting) static_cast<RequestTask&>(admissions_.shed()).onShed();
}

void Shard::passOn(AppHost& host) {
  AppQuota& app = host.quota();
  WaitingShards& ofTenant = app.tenant->waiting;
  const auto next = WaitingShards::next(app.waiting, ofTenant);
  const std::size_t here = WaitingShards::placeOf(index_);
  if (next && *next != here) {
    environment_.admitOn(*next);
    // Those that wait here for the same have had their turn, or will.
    if (app.waiting.has(here) || ofTenant.has(here)) return;
  }
  admitSoon();
}

void Shard::tellPlaceIsFree() {
  if (toldPlaceIsFree_.exchange(true, std::memory_order_relaxed)) return;
  asio::post(context_, [this] {
    toldPlaceIsFree_.store(false, std::memory_order_relaxed);
    if (!admissions_.empty()) admit();
  });
}

void Shard::admitSoon() {
  if (admissions_.empty() || admittingSoon_) return;
  admittingSoon_ = true;
  scheduleAdmission(Clock::duration::zero());
}

void Shard::scheduleAdmission(Clock::duration delay) {
  admissionDue_ = true;
  admissionTimer_.expires_after(delay);
  admissionTimer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) admit();
  });
}

void Shard::admit() {
  admissionDue_ = admittingSoon_ = false;
  ++admissionLook_;
  const auto now = Clock::now();
  while (FairItem* const item = admissions_.popFirst([this, now](FairItem& first) {
    return offer(static_cast<RequestTask&>(first), now);
  })) {
    auto& task = static_cast<RequestTask&>(*item);
    admissions_.charge(task.host().admissions(), 1);
    guarded(task, [&] { task.onAdmitted(); });
  }
  forgetRefused();
  if (!admissions_.empty() && !admissionDue_) scheduleAdmission(kAdmissionPoll);
}

FairQueue::Offer Shard::offer(RequestTask& task, Clock::time_point now) {
  // A tenant may have hundreds of apps that wait, and others do not pay for them.
  AppHost& host = task.host();
  if (host.places().refused.look == admissionLook_) return FairQueue::Offer::groupDeclined;
  if (host.refused().look == admissionLook_) return FairQueue::Offer::declined;
  if (task.tryAdmit(now)) return FairQueue::Offer::taken;
  noteRefused(task);
  return task.admission().byTenant ? FairQueue::Offer::groupDeclined : FairQueue::Offer::declined;
}

void Shard::noteRefused(RequestTask& task) {
  AppHost& host = task.host();
  const bool byTenant = task.admission().byTenant;
  RefusedRequests& refused = byTenant ? host.places().refused : host.refused();
  refused.look = admissionLook_;
  if (std::exchange(refused.noted, true)) return;
  Quota& quota = byTenant ? static_cast<Quota&>(*host.quota().tenant) : host.quota();
  quota.waiting.add(WaitingShards::placeOf(index_));
  refused_.push_back({host.shared_from_this(), byTenant});
}

/// Of which nothing waits any more, or not because of these limits.
void Shard::forgetRefused() {
  std::erase_if(refused_, [this](const Refused& entry) {
    AppHost& host = *entry.host;
    RefusedRequests& refused = entry.byTenant ? host.places().refused : host.refused();
    const bool waits =
        entry.byTenant ? host.places().admissions.size() != 0 : !host.admissions().empty();
    if (waits && refused.look == admissionLook_) return false;
    refused.noted = false;
    Quota& quota = entry.byTenant ? static_cast<Quota&>(*host.quota().tenant) : host.quota();
    quota.waiting.remove(WaitingShards::placeOf(index_));
    return true;
  });
}

std::shared_ptr<TenantPlaces> Shard::placesOf(const TenantQuota& tenant) {
  std::erase_if(places_, [](const auto& entry) { return entry.second.expired(); });
  auto& known = places_[&tenant];
  auto places = known.lock();
  if (!places) known = places = std::make_shared<TenantPlaces>();
  return places;
}

// Turns.

void Shard::takeTurn(Work& work) {
  work.onTurn();
  proceed(work);
}

void Shard::proceed(Work& work) {
  bool over = true;
  guarded(work, [&] { over = advance(work); });
  if (over) work.onTurnOver();
}

bool Shard::advance(Work& work) {
  while (work.prepare()) {
    if (!ending_ && (work.isLong() || work.host().mayOverrun(now_))) {
      noteAway(work);
      if (sendAway(work)) return false;
      noteHome(work);
    }
    performing_ = &work;
    const Outcome outcome = perform(work);
    GuestPlace& place = GuestPlace::current();
    if (place.thread().isAway()) {
      // Another thread carries the shard: nothing here is this one's any more but the way out.
      place.seat().leave();
      bringHome(work, outcome);
      throw Lost();
    }
    performing_ = nullptr;
    settle(work, outcome);
  }
  return true;
}

template <class Call>
void Shard::guarded(Work& work, Call call) {
  try {
    call();
  } catch (const std::exception& error) {
    const AppDeployment& app = work.host().deployment();
    spdlog::error("{}/{}: a request failed: {}", app.tenant, app.config.name, error.what());
    work.onFailed();
  }
}

void Shard::noteAway(Work& work) {
  ++away_;
  work.host().sendAway();
  work.onAway();
}

/// False if there is no thread beside the shards.
bool Shard::sendAway(Work& work) {
  // The isolate may be the one that this thread is still in.
  engine_.seat().leave();
  try {
    return environment_.runners.submit(&work, *work.host().quota().tenant,
                                       [this, &work](GuestPlace& place) {
                                         const Outcome outcome = perform(work);
                                         place.seat().leave();
                                         bringHome(work, outcome);
                                       });
  } catch (const std::exception&) {
    noteHome(work);
    throw;
  }
}

/// The section, on any thread.
Shard::Outcome Shard::perform(Work& work) {
  try {
    work.perform();
    return Outcome::whole;
  } catch (const std::exception& error) {
    spdlog::critical("{}/{}: running its guest failed: {}", work.host().deployment().tenant,
                     work.host().deployment().config.name, error.what());
    return Outcome::broken;
  }
}

void Shard::settle(Work& work, Outcome outcome) {
  if (outcome == Outcome::whole) {
    work.settle();
  } else {
    work.onFailed();
  }
}

/// Were there no memory to say so, nobody would ever go on with it.
void Shard::bringHome(Work& work, Outcome outcome) noexcept {
  asio::post(context_, [this, &work, outcome] { onHome(work, outcome); });
}

void Shard::noteHome(Work& work) {
  --away_;
  work.host().bringHome([this](Work& deferred) { enqueue(deferred); });
  work.onHome();
}

void Shard::onHome(Work& work, Outcome outcome) {
  guarded(work, [&] {
    noteHome(work);
    settle(work, outcome);
  });
  if (ending_ && away_ == 0) end();
  proceed(work);
}

bool Shard::withdraw(Work& work) {
  if (!environment_.runners.withdraw(&work)) return false;
  noteHome(work);
  if (ending_ && away_ == 0) end();
  return true;
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

void Shard::onRequest(HttpExchange& exchange) {
  if (!deployment_) return exchange.fail(Reason::notReady);
  const RequestHead& head = exchange.request();
  RouteMatch match;
  if (!deployment_->routes.lookup(head.host, pathOf(head.target), match)) {
    return exchange.fail(Reason::noRoute);
  }
  AppHost& host = *hosts_[match.target];
  auto& task = exchange.attach<RequestTask>(*this, host, exchange);
  exchange.setMatchedRoute(match.pattern);
  if (!exchange.setRequestBodyLimit(host.deployment().quota->limits.requestBody().bytes())) return;
  exchange.setOrigin(host.origin());
  exchange.setQuota(&host.quota());
  host.touch(now_);
  task.begin();
}

void Shard::onFinished(HttpExchange& exchange) {
  // Whatever goes wrong with the records: it must not keep its place.
  struct Leave {
    RequestTask* task;
    ~Leave() {
      if (task) task->leave();
    }
  } leave{static_cast<RequestTask*>(exchange.attachment())};
  record(exchange, leave.task);
}

void Shard::record(HttpExchange& exchange, RequestTask* task) {
  const auto duration = Clock::now() - exchange.startTime();
  AppMetrics& metrics = task ? task->host().metrics() : metrics_.unrouted();
  const auto cpu = task ? task->cpu() : std::chrono::nanoseconds::zero();
  metrics.recordRequest(exchange.statusSent(), exchange.reason(), duration, cpu);
  if (accessLog_.enabled()) {
    const RequestHead& head = exchange.request();
    AccessRecord record;
    record.time = std::chrono::system_clock::now() -
                  std::chrono::duration_cast<std::chrono::system_clock::duration>(duration);
    record.requestId = exchange.requestId();
    if (task) {
      record.tenant = task->host().deployment().tenant;
      record.app = task->host().deployment().config.name;
      record.version = task->host().deployment().digest;
      record.cold = task->wasCold();
      record.queued = task->queued();
    }
    record.method = head.method;
    record.host = head.host;
    record.path = head.target;
    record.status = exchange.statusSent();
    record.reason = exchange.reason();
    record.duration = duration;
    record.cpu = cpu;
    record.bytesIn = exchange.bytesReceived();
    record.bytesOut = exchange.bytesSent();
    record.source = exchange.sourceAddress();
    accessLog_.record(record);
  }
}

void Shard::onRefused(const RefusedRequest& request) {
  const auto duration = Clock::now() - request.startTime;
  metrics_.unrouted().recordRequest(request.status, request.reason, duration, {});
  if (!accessLog_.enabled()) return;
  AccessRecord record;
  record.time = std::chrono::system_clock::now();
  record.requestId = request.requestId;
  record.method = request.method;
  record.path = request.target;
  record.status = request.status;
  record.reason = request.reason;
  record.duration = duration;
  record.bytesIn = request.bytesReceived;
  record.bytesOut = request.bytesSent;
  record.source = request.sourceAddress;
  accessLog_.record(record);
}

void Shard::recordQueued(std::chrono::nanoseconds time) {
  metrics_.recordQueued(time);
}

void Shard::recordColdStart(AppMetrics& app, const ColdStart& cold) {
  metrics_.recordColdStart(app, {.isolate = needed(cold.isolate),
                                 .module = needed(cold.module),
                                 .instantiate = needed(cold.instantiate),
                                 .init = needed(cold.init),
                                 .total = cold.total()});
}

void Shard::reportRefusal(const AppHost& host, const std::string& detail) {
  // One line a tick at most: overload must not become a flood of lines.
  if (lastRefusalReport_ == now_) return;
  lastRefusalReport_ = now_;
  spdlog::warn("{}/{}: request refused: {}", host.deployment().tenant,
               host.deployment().config.name, detail);
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

void Shard::tellLimitsChanged() {
  asio::post(context_, [this] { deadlines_.tellLimitsChanged(); });
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

void Shard::drain(std::function<void()> drained) {
  asio::post(context_, [this, drained = std::move(drained)]() mutable {
    drained_ = std::move(drained);
    frontEnd_->drain(this);
  });
}

void Shard::onDrained() {
  if (drained_) drained_();
}

void Shard::stop() {
  if (!std::exchange(started_, false)) return;
  engine_.endGuests();  // the loop may be held up by one
  asio::post(context_, [this] {
    ending_ = true;
    if (away_ == 0) end();
  });
  ended_.get_future().wait();
}

void Shard::end() {
  // What is under way here is settled first, and what the abort brings about before the loop ends.
  asio::post(context_, [this] {
    if (away_ != 0) return;
    if (frontEnd_) frontEnd_->abortAll(Reason::drained);
    asio::post(context_, [this] {
      if (away_ != 0) return;
      frontEnd_.reset();
      accessLog_.flush();
      deadlines_.stop();
      context_.stop();
    });
  });
}

}  // namespace skiff
