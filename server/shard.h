#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "isolate/instance_pool.h"
#include "quota/guest_thread.h"
#include "server/app_host.h"
#include "server/deadline_queue.h"
#include "server/deployment.h"
#include "server/http/front_end.h"
#include "server/http/request_handler.h"
#include "server/observe/access_log.h"
#include "server/observe/metrics.h"
#include "server/shard_file_io.h"

namespace skiff {

class Watchdog;

/// What all shards share.
struct ShardEnvironment {
  const ServerConfig& config;
  std::size_t shardCount = 1;
  ConnectionLedger& ledger;
  Nursery& nursery;
  InstanceBudget& budget;
  Watchdog& watchdog;
  Metrics& metrics;
  LogSink& accessLog;
  wasi::FileIoPool& fileIo;
};

/// What a shard holds at the moment, published at each tick for metrics and memory keeping.
struct ShardReadings {
  std::vector<GaugeReadings::Instances> instances;
  std::vector<GaugeReadings::Memory> memory;
  std::size_t isolates = 0;
  std::size_t connections = 0;
  std::size_t exchanges = 0;
  OriginCounts origins;
};

/// One thread's worth of server: an event loop, its connections, and the instances it runs.
/// Requests run to completion on its thread and touch nothing of another shard's.
///
/// Threads: start(), deploy(), drain(), stop(), shed() and readings() from any; everything else on
/// the shard's own.
class Shard final : public RequestHandler, public DrainListener {
 public:
  Shard(const ShardEnvironment& environment, std::size_t index);
  /// REQUIRES: stopped, or never started.
  ~Shard();

  /// Starts the thread and accepts on these sockets.
  void start(std::vector<ListenSocket> sockets);
  /// Serves this deployment once its apps' minimum of instances is ready; `done` is called on the
  /// shard's thread then, with what could not be made ready.
  void deploy(std::shared_ptr<const Deployment> deployment,
              std::function<void(std::vector<Error>)> done);
  /// Finishes what is in flight, then calls `drained` on the shard's thread.
  void drain(std::function<void()> drained);
  /// Ends what is still in flight, and the thread.
  void stop();
  /// Gives back idle instances of apps, least recently used first, until about `bytes` are freed.
  void shed(std::size_t bytes);
  ShardReadings readings() const;

  // For RequestTask.
  ShardEngine& engine() { return engine_; }
  DeadlineQueue& deadlines() { return deadlines_; }
  void recordColdStart(AppMetrics& app, const ColdStart& cold);
  void recordReset(ResetHow how) { metrics_.recordReset(how); }
  /// Gives back the idle instances of the app that was used least recently; false if none is idle.
  bool giveBackOldest();
  void reportRefusal(const AppHost& host, const std::string& detail);

  void onRequest(HttpExchange& exchange) override;
  void onFinished(HttpExchange& exchange) override;
  void onRefused(const RefusedRequest& request) override;
  void onDrained() override;

 private:
  using Clock = std::chrono::steady_clock;
  /// A deployment on its way in: apps are warmed one at a time, between requests.
  struct Incoming {
    std::shared_ptr<const Deployment> deployment;
    std::vector<std::shared_ptr<AppHost>> hosts;
    std::unordered_map<const AppDeployment*, std::shared_ptr<AppHost>> known;  ///< served now
    std::vector<Error> errors;
    std::size_t next = 0;
    std::function<void(std::vector<Error>)> done;
  };

  void run();
  void warmNext();
  void activate(Incoming& incoming);
  std::shared_ptr<AppHost> makeHost(const std::shared_ptr<const AppDeployment>& app);
  void scheduleTick();
  void tick();
  void publishReadings();
  void retire();
  template <class Visit>
  void forEachHost(Visit visit);
  std::vector<AppHost*> idleHostsOldestFirst();

  const ShardEnvironment environment_;
  const std::size_t index_;
  // Before the loop: whatever is still queued there when it goes may hold instances.
  GuestThread guestThread_;
  ShardEngine engine_;
  boost::asio::io_context context_{2};
  ShardFileIo fileIo_;
  ShardMetrics& metrics_;
  AccessLog accessLog_;
  DeadlineQueue deadlines_{context_};
  std::shared_ptr<const Deployment> deployment_;
  std::vector<std::shared_ptr<AppHost>> hosts_;    ///< by route target
  std::vector<std::shared_ptr<AppHost>> retired_;  ///< still in use by requests
  std::unique_ptr<Incoming> incoming_;             ///< a deployment that is being warmed up
  std::unique_ptr<HttpFrontEnd> frontEnd_;
  boost::asio::steady_timer ticker_{context_};
  Clock::time_point now_ = Clock::now();  ///< of the last tick
  Clock::time_point lastRefusalReport_{};
  std::function<void()> drained_;
  bool stopping_ = false;
  std::thread thread_;

  mutable std::mutex readingsMutex_;
  ShardReadings readings_;
};

}  // namespace skiff
