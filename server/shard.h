#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "isolate/instance_pool.h"
#include "quota/hand_off.h"
#include "server/app_host.h"
#include "server/carriers.h"
#include "server/deadline_queue.h"
#include "server/deployment.h"
#include "server/http/front_end.h"
#include "server/http/request_handler.h"
#include "server/observe/access_log.h"
#include "server/observe/metrics.h"
#include "server/prewarm_bounds.h"
#include "server/runners.h"
#include "server/shard_file_io.h"
#include "server/work.h"

namespace skiff {

class ModuleLoader;
class RequestTask;
class TlsServer;

/// What all shards share.
struct ShardEnvironment {
  const ServerConfig& config;
  std::size_t shardCount = 1;
  ConnectionLedger& ledger;
  Nursery& nursery;
  InstanceBudget& budget;
  Metrics& metrics;
  LogSink& accessLog;
  wasi::FileIoPool& fileIo;
  Runners& runners;
  ModuleLoader& loader;
  TlsServer* tls;  ///< nullptr if nobody listens with it
  /// Has the shards of this place (WaitingShards) look whether a request may be admitted.
  std::function<void(std::size_t place)> admitOn;
};

/// What a shard holds at the moment, published at each tick for metrics and memory keeping.
struct ShardReadings {
  std::vector<GaugeReadings::Instances> instances;
  std::vector<GaugeReadings::Memory> memory;
  std::size_t isolates = 0;
  std::size_t connections = 0;
  std::size_t exchanges = 0;
  std::uint64_t ticks = 0;  ///< how often they were published
  OriginCounts origins;
};

/// One thread's worth of server: an event loop, its connections, and the instances it runs.
/// Requests run to completion on its thread and touch nothing of another shard's.
///
/// The thread is whichever of the runners carries the shard. A guest that overruns loses it: a
/// thread that stood by goes on with the shard, the other one with that guest's section only. The
/// section's result comes home through the loop. Apps that overran lately begin away at once.
///
/// Threads: start(), listen(), deploy(), drain(), stop(), shed(), tellLimitsChanged(),
/// tellPlaceIsFree() and readings() from any; everything else on the thread that carries the shard.
class Shard final : public RequestHandler, public DrainListener, private Carried, private HandOff {
 public:
  Shard(const ShardEnvironment& environment, std::size_t index);
  /// REQUIRES: stopped, or never started.
  ~Shard();

  /// Starts the thread.
  void start();
  /// Accepts on these sockets. REQUIRES: started, and not drained.
  void listen(std::vector<ListenSocket> sockets);
  /// Serves this deployment once the minimum of instances of the file's apps is ready; `done` is
  /// called on the shard's thread then, with what could not be made ready. The minimum of the
  /// others' instances comes afterwards. REQUIRES: what was deployed before is done.
  void deploy(std::shared_ptr<const Deployment> deployment,
              std::function<void(std::vector<Error>)> done);
  /// Finishes what is in flight, then calls `drained` on the shard's thread.
  void drain(std::function<void()> drained);
  /// Ends the guests that run, and all that are entered from now on: before the first of all shards
  /// is stopped, since they share threads.
  void endGuests() { engine_.endGuests(); }
  /// Ends what is still in flight, and the thread.
  void stop();
  /// Limits have changed: they hold at once for requests that wait, too.
  void tellLimitsChanged();
  /// A request that waits here may be admitted.
  void tellPlaceIsFree();
  /// Gives back idle instances of apps, least recently used first, until about `bytes` are freed.
  void shed(std::size_t bytes);
  ShardReadings readings() const;

  // For work.
  /// Gives it its turn from the loop: fair by weight between tenants, then among their apps.
  void enqueue(Work& work);
  /// Takes a section of the work back that is away and has not begun, since every thread beside the
  /// shards is busy. True: the pool is home, onHome() was called, settle() will not be, and the
  /// caller ends the turn that the section was in: it says what is to be next, if anything, and
  /// calls onTurnOver(). False: nothing has changed; no section of it is away, or it has begun and
  /// comes home by itself, as ever. Not from onTurn(), prepare(), onAway(), onHome() or settle().
  bool withdraw(Work& work);
  /// What a section on the shard's own thread has used. (Of one that was handed off, the shard
  /// itself charges the slice before.)
  void chargeTurn(AppHost& host, std::chrono::nanoseconds cpu);
  /// Has it try again to be admitted once that may succeed: fair as turns are. If too many wait,
  /// the newest of the tenant with most of them is shed, which may be this one.
  void awaitAdmission(RequestTask& task);
  /// A request of the app that was admitted has ended: another one may be, on the shard whose turn
  /// it is.
  void passOn(AppHost& host);
  /// Has the version's module loaded, if it is not: true if it is loaded now. False: it is being
  /// loaded, or could not be a moment ago.
  bool load(AppHost& host);
  /// Has the app's minimum of instances made; false if they are being made already, or may not be
  /// initialised now.
  bool warm(AppHost& host);
  /// Has its pool tidied up, if there is something to do.
  void tidy(AppHost& host);
  /// Of the last tick.
  std::chrono::steady_clock::time_point now() const { return now_; }
  void recordInterrupt(std::chrono::nanoseconds late) { metrics_.recordInterrupt(late); }
  ShardEngine& engine() { return engine_; }
  DeadlineQueue& deadlines() { return deadlines_; }
  void recordColdStart(AppMetrics& app, const ColdStart& cold);
  /// How long a request waited that had to.
  void recordQueued(std::chrono::nanoseconds time);
  void recordReset(ResetHow how) { metrics_.recordReset(how); }
  /// Gives back the idle instances of the app that was used least recently; false if none is idle.
  bool giveBackOldest();
  /// The same for all that it holds idle for this tenant.
  bool giveBackIdle(const TenantQuota& tenant);
  void reportRefusal(const AppHost& host, const std::string& detail);

  void onEventBegin() override { inEvent_ = true; }
  void onEventEnd() override;
  void onRequest(HttpExchange& exchange) override;
  void onFinished(HttpExchange& exchange) override;
  void onHandshake(TlsVersion version, HandshakeOutcome outcome) override {
    metrics_.recordHandshake(version, outcome);
  }
  void onHostNamed(std::string_view host, const Certificate& certificate) override;
  void onRefused(const RefusedRequest& request) override;
  void onDrained() override;

 private:
  using Clock = std::chrono::steady_clock;
  /// One app, and its versions' hosts, in the order of its split; nullptr while nobody needs one.
  struct Entry {
    std::shared_ptr<const ServedApp> app;
    std::vector<std::shared_ptr<AppHost>> hosts;
  };
  /// A deployment on its way in: the file's new apps are warmed one at a time, between requests.
  struct Incoming {
    std::shared_ptr<const Deployment> deployment;
    std::vector<std::shared_ptr<AppHost>> hosts;  ///< that were made for it
    std::vector<Error> errors;
    std::size_t next = 0;
    std::function<void(std::vector<Error>)> done;
  };

  // Carried
  End carry(GuestPlace& place) override;
  // HandOff
  Reserved reserve(const TenantQuota* tenant) override {
    return environment_.runners.reserve(tenant);
  }
  void release(const TenantQuota* tenant) override { environment_.runners.release(tenant); }
  void takeOver(const TenantQuota* tenant) override {
    environment_.runners.takeOver(*this, tenant);
  }

  /// A request that has ended; `task`: unless none was made for it.
  void record(HttpExchange& exchange, RequestTask* task);
  void postTurns();
  void giveTurns();
  void takeTurn(Work& work);
  void scheduleAdmission(Clock::duration delay);
  void admit();
  void admitSoon();
  FairQueue::Offer offer(RequestTask& task, Clock::time_point now);
  void noteRefused(RequestTask& task);
  void forgetRefused();
  std::shared_ptr<TenantPlaces> placesOf(const TenantQuota& tenant);
  void proceed(Work& work);
  /// Up to the end of its turn; false if a section of it is away.
  bool advance(Work& work);
  /// A bug in what a request does ends that request, not the shard.
  template <class Call>
  void guarded(Work& work, Call call) {
    try {
      call();
    } catch (const std::exception& error) {
      onException(work, error);
    }
  }
  void onException(Work& work, const std::exception& error);
  /// A section that another thread goes on with.
  void noteAway(Work& work);
  bool sendAway(Work& work);
  enum class Outcome : std::uint8_t { whole, broken };
  static Outcome perform(Work& work);
  static void settle(Work& work, Outcome outcome);
  void bringHome(Work& work, Outcome outcome) noexcept;
  void onHome(Work& work, Outcome outcome);
  void noteHome(Work& work);
  void end();
  void warmNext();
  void onWarmed(const Result<void>& warmed);
  void activate(Incoming& incoming);
  void replace(Entry& entry, const std::shared_ptr<const ServedApp>& app, Incoming& incoming);
  std::shared_ptr<AppHost> makeHost(const std::shared_ptr<const AppVersion>& version,
                                    std::size_t target);
  InstancePool::Limits poolLimits(const AppConfig& config) const;
  std::size_t targetOf(const Entry& entry) const {
    return static_cast<std::size_t>(&entry - entries_.data());
  }
  void useModule(AppHost& host, std::shared_ptr<const PreparedModule> module);
  /// With strict_sni; else the exchange has failed.
  static bool isForHost(HttpExchange& exchange);
  static bool isForTenant(HttpExchange& exchange, const AppHost& host);
  /// Whose guest answers, made if need be; nullptr if the exchange has failed.
  AppHost* choose(std::size_t target, HttpExchange& exchange);
  /// A version's host, made if need be.
  AppHost& hostOf(Entry& entry, std::size_t index);
  std::optional<std::size_t> chosenByRequest(const ServedApp& app, RequestHead& head);
  void prewarmFor(std::string_view host, const Certificate& certificate);
  void prewarm(Entry& entry, std::size_t index);
  /// A request has come for it.
  void noteUse(AppHost& host);
  /// Its module is loaded, or could not be.
  void notePrewarmed(AppHost& host, PrewarmOutcome outcome);
  /// Lets go of hosts that nobody has used for long, and that come again when somebody does.
  void letGo(Clock::time_point now);
  void scheduleTick();
  void tick();
  /// Looks after some hosts from `first` on, then lets others have the loop before it goes on.
  void lookAfter(std::size_t first);
  void lookAfter(AppHost& host);
  void publishReadings();
  void retire();
  template <class Visit>
  void forEachHost(Visit visit);
  std::vector<AppHost*> idleHostsOldestFirst();

  const ShardEnvironment environment_;
  const std::size_t index_;
  // Before the loop: whatever is still queued there when it goes may hold instances.
  ShardEngine engine_;
  boost::asio::io_context context_{2};
  ShardFileIo fileIo_;
  ShardMetrics& metrics_;
  AccessLog accessLog_;
  DeadlineQueue deadlines_{context_};
  // Before the apps, which have their places in them.
  FairQueue turns_;
  FairQueue admissions_;
  boost::asio::steady_timer admissionTimer_{context_};
  std::uint64_t admissionLook_ = 0;  ///< the number of the last
  /// Of those that wait: each tenant, and each app, that has its limits to wait for.
  struct Refused {
    std::shared_ptr<AppHost> host;
    bool byTenant;
  };
  std::vector<Refused> refused_;
  std::atomic<bool> toldPlaceIsFree_{false};
  bool admissionDue_ = false;   ///< admit() will be called
  bool admittingSoon_ = false;  ///< at once
  std::map<const TenantQuota*, std::weak_ptr<TenantPlaces>> places_;
  PrewarmBounds prewarmBounds_;  // before the apps, which have their places in it
  std::shared_ptr<const Deployment> deployment_;
  std::vector<Entry> entries_;                     ///< by route target
  std::vector<std::shared_ptr<AppHost>> hosts_;    ///< all that entries have
  std::vector<std::shared_ptr<AppHost>> retired_;  ///< still in use by requests
  std::uint32_t random_;                           ///< for requests that may go to any version
  std::unique_ptr<Incoming> incoming_;             ///< a deployment that is being warmed up
  std::unique_ptr<HttpFrontEnd> frontEnd_;
  boost::asio::steady_timer ticker_{context_};
  Clock::time_point now_ = Clock::now();  ///< of the last tick
  std::uint64_t ticks_ = 0;
  bool warmedOne_ = false;  ///< in this tick
  Clock::time_point lastRefusalReport_{};
  std::function<void()> drained_;

  Work* performing_ = nullptr;  ///< whose section is performed on the shard's thread
  std::size_t away_ = 0;        ///< sections that are away
  bool inEvent_ = false;        ///< onEventEnd() will come
  bool turnsPosted_ = false;
  bool ending_ = false;  ///< once nothing is away any more

  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  const std::shared_ptr<Carriers> carriers_ = std::make_shared<Carriers>();
  bool started_ = false;

  mutable std::mutex readingsMutex_;
  ShardReadings readings_;
};

}  // namespace skiff
