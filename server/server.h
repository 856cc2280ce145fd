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
#include "sandbox/path_rules.h"
#include "sandbox/starter.h"
#include "server/admin/admin_server.h"
#include "server/deploying.h"
#include "server/file_apps.h"
#include "server/live_apps.h"
#include "server/memory_keeper.h"
#include "server/module_compilation.h"
#include "server/module_loader.h"
#include "server/module_preparer.h"
#include "server/observe/log_sink.h"
#include "server/observe/metrics.h"
#include "server/restart/hand_over_channel.h"
#include "server/restart/listen_sockets.h"
#include "server/restart/passed_descriptors.h"
#include "server/restart/service_manager.h"
#include "server/restart/successor.h"
#include "server/runners.h"
#include "server/shard.h"
#include "server/tls/certificate_set.h"
#include "server/tls/expiry_watch.h"

namespace skiff {

/// What a daemon was given by whoever started it, and who starts processes for it.
struct Inheritance {
  PassedDescriptors passed;
  std::shared_ptr<Starter> starter;
};

/// The daemon: shards, the admin listener, and the deployment that they serve. Runs on the thread
/// that calls run(); work that takes long (preparing modules) is done beside it.
class Server {
 public:
  Server(Engine& engine, Config config, Inheritance inheritance);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Opens logs and sockets. What cannot be had is the error.
  Result<void> open();
  /// Serves until a signal ends it: SIGTERM and SIGINT drain (a second one does not wait), SIGHUP
  /// reloads, SIGUSR1 opens the access log anew, SIGUSR2 has another process take this one's place.
  /// 0, or 1 if the first deployment failed. REQUIRES: open() succeeded.
  int run();

 private:
  using Built = Result<FileApps::Apps, std::vector<Error>>;
  /// A deployment on its way to the shards, and who waits for it.
  struct Publishing {
    std::shared_ptr<const Deployment> deployment;
    std::vector<std::function<void()>> done;
  };

  Result<void> openTls();
  Result<void> openSockets();
  Result<void> openState();
  Result<void> startAdmin();
  Result<void> giveUpTheRest();
  bool isOutsideSandbox(const Config& config) const;
  void loadState();
  /// Those of the client listeners and of the admin listener; false if a file is wrong.
  bool replaceCertificates(const Config& config);
  /// Says which certificates are about to expire, then and every hour.
  void watchExpiry();
  std::shared_ptr<const AdminCertificate> adminCertificate() const;
  void awaitSignals();
  void listen();
  void onSignal(int signal);
  void doWhatWaited();
  void reopenLogs();
  void applyLimits(const Config& config);
  void build(Config config);
  void onBuilt(Config config, Built built);
  void refuse(const std::vector<std::string>& why);
  void onFileServed();
  void onReady();
  LiveApps::Hooks liveHooks();
  void publish(std::shared_ptr<const Deployment> deployment, std::function<void()> done);
  void publishNext();
  void onPublished(const std::vector<Error>& errors);
  void reload();
  // Taking another process' place: server_restart.cc.
  void awaitPredecessor();
  void takeTicketKeys();
  void onPredecessorWord(std::optional<HandOverWord> word);
  void takeOver();
  void admitChanges();
  // Another one taking this one's place.
  void beginRestart();
  void onSuccessorWord(std::optional<HandOverWord> word);
  void closeChanges();
  void handOver();
  void watchSuccessor();
  void onSuccessorEnded(pid_t process);
  void failRestart(pid_t process, const std::string& why);
  void giveUpSuccessor();
  // Whoever watches over the service.
  void tellReady();
  void scheduleWatchdog();

  void beginDrain();
  void endDrainAfter(std::chrono::milliseconds time);
  void onPartDrained();
  void finishDrain();
  void scheduleMemoryCheck();
  std::vector<std::string> notReady() const;
  void setState(std::string state);
  void readGauges(GaugeReadings& readings) const;

  Engine& engine_;
  Inheritance inheritance_;
  const ServiceManager manager_ = ServiceManager::fromEnvironment();
  Config config_;  ///< what is served; `server`, `admin` and `sandbox` as at the start
  std::vector<PathGrant> grants_;  ///< of the sandbox, if it is about paths
  boost::asio::io_context context_{1};
  boost::asio::steady_timer drainTimer_{context_};
  boost::asio::steady_timer memoryTimer_{context_};
  boost::asio::steady_timer restartTimer_{context_};  ///< until a restart is given up
  boost::asio::steady_timer quietTimer_{context_};    ///< until changes are interrupted; then,
                                                      ///< until no request begins here any more
  boost::asio::steady_timer watchdogTimer_{context_};
  boost::asio::steady_timer expiryTimer_{context_};
  unsigned memoryChecks_ = 0;

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
  std::unique_ptr<CertificateSet> certificates_;
  MemoryKeeper memory_;
  std::unique_ptr<Runners> runners_;  // before the shards that they carry
  ModuleCompilation compilation_;
  ModulePreparer preparer_;
  std::unique_ptr<ModuleLoader> loader_;
  std::unique_ptr<FileApps> fileApps_;
  std::unique_ptr<LiveApps> live_;
  std::unique_ptr<Deploying> deploying_;
  std::vector<std::unique_ptr<Shard>> shards_;
  ListenSockets listenSockets_;
  std::vector<std::vector<ListenSocket>> sockets_;  ///< of each shard, until it listens
  std::unique_ptr<AdminServer> admin_;
  Descriptor adminSocket_;  ///< that was passed, until the admin listener has it
  std::shared_ptr<const AdminCertificate> adminCertificate_;  ///< guarded by stateMutex_
  ExpiryWatch expiryWatch_;
  Metrics::Registration gauges_;

  std::unique_ptr<HandOverChannel> predecessor_;  ///< while it lives
  bool awaitsState_ = false;                      ///< the data folder is the predecessor's yet
  StateLocks locks_;  ///< the predecessor's, until the data folder is opened
  bool adminStarted_ = false;
  bool mayChangeState_ = true;  ///< no predecessor answers requests
  std::optional<Successor> successor_;
  std::unique_ptr<HandOverChannel> successorChannel_;
  boost::asio::posix::stream_descriptor successorEnd_{context_};  ///< while this one drains
  bool restartWanted_ = false;
  std::vector<std::uint64_t> shardTicks_;  ///< at the watchdog's last look

  std::thread builderThread_;
  bool serving_ = false;  ///< something has been deployed
  bool building_ = false;
  /// The catalog's tenants are to be served anew: the file's [limits] have changed, or a tenant of
  /// the file has gone that was in the place of one of the catalog.
  bool refreshDue_ = false;
  bool reloadWanted_ = false;
  bool draining_ = false;
  std::shared_ptr<const Deployment> published_;  ///< what all shards serve; goes here, not there
  std::optional<Publishing> publishing_;         ///< on its way to the shards
  std::optional<Publishing> toPublish_;          ///< the newest that is to follow
  std::size_t shardsToDeploy_ = 0;               ///< that have not taken the deployment over yet
  std::size_t toDrain_ = 0;                      ///< shards, and who is to go with them
  int status_ = 0;

  mutable std::mutex stateMutex_;
  std::string state_ = "preparing modules";  ///< why not ready; empty when it is
};

}  // namespace skiff
