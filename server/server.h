#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "config/config.h"
#include "isolate/engine.h"
#include "isolate/instance_budget.h"
#include "isolate/nursery.h"
#include "quota/quotas.h"
#include "quota/watchdog.h"
#include "server/admin/admin_server.h"
#include "server/deployment.h"
#include "server/deployment_builder.h"
#include "server/memory_keeper.h"
#include "server/module_compilation.h"
#include "server/observe/log_sink.h"
#include "server/observe/metrics.h"
#include "server/runners.h"
#include "server/shard.h"

namespace skiff {

/// The daemon: shards, the admin listener, and the deployment that they serve. Runs on the thread
/// that calls run(); work that takes long (preparing modules) is done beside it.
class Server {
 public:
  Server(Engine& engine, Config config);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Opens logs and sockets. What cannot be had is the error.
  Result<void> open();
  /// Serves until a signal ends it: SIGTERM and SIGINT drain (a second one does not wait), SIGHUP
  /// reloads. 0, or 1 if the first deployment failed. REQUIRES: open() succeeded.
  int run();

 private:
  using Built = Result<std::shared_ptr<const Deployment>, std::vector<Error>>;

  Result<std::vector<std::vector<ListenSocket>>> openSockets();
  Result<void> openAdmin();
  void awaitSignals();
  void applyLimits(const Config& config);
  void build(Config config);
  void onBuilt(Config config, Built built);
  void onDeployed(const std::vector<Error>& errors);
  void reload();
  void beginDrain();
  void onShardDrained();
  void finishDrain();
  void scheduleMemoryCheck();
  std::vector<std::string> notReady() const;
  void setState(std::string state);
  void readGauges(GaugeReadings& readings) const;

  Engine& engine_;
  Config config_;  ///< what is served; `server` and `admin` as at the start
  boost::asio::io_context context_{1};
  boost::asio::steady_timer drainTimer_{context_};
  boost::asio::steady_timer memoryTimer_{context_};

  std::unique_ptr<LogSink> accessSink_;
  std::unique_ptr<LogSink> guestSink_;  ///< only if the access log is off
  Quotas quotas_;
  Watchdog watchdog_;
  InstanceBudget budget_;
  Metrics metrics_;
  Nursery nursery_;
  wasi::OpenFileBudget openFiles_;  // before those who hold files
  wasi::FileIoPool fileIo_;
  ConnectionLedger ledger_;
  MemoryKeeper memory_;
  std::unique_ptr<Runners> runners_;  // before the shards that they carry
  ModuleCompilation compilation_;
  std::unique_ptr<DeploymentBuilder> builder_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::vector<ListenSocket>> sockets_;  ///< until run()
  std::unique_ptr<AdminServer> admin_;
  Metrics::Registration gauges_;

  std::shared_ptr<const Deployment> deployment_;
  std::thread builderThread_;
  bool building_ = false;
  bool reloadWanted_ = false;
  bool draining_ = false;
  std::size_t shardsToDeploy_ = 0;  ///< that have not taken the deployment over yet
  std::size_t shardsToDrain_ = 0;   ///< that have not drained yet
  std::vector<Error> deployErrors_;
  int status_ = 0;

  mutable std::mutex stateMutex_;
  std::string state_ = "preparing modules";  ///< why not ready; empty when it is
};

}  // namespace skiff
