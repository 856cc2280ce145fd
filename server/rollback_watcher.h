#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/app_runtime.h"
#include "server/deployment.h"
#include "server/rollback_watch.h"

namespace skiff {

/// Watches the new versions of apps that have auto_rollback, and says when one is to be taken back.
/// Any thread.
class RollbackWatcher {
 public:
  /// False: it could not be done; once more after a while.
  using Call = std::function<bool(const AppRuntime::RollbackNotice&)>;

  RollbackWatcher() = default;
  ~RollbackWatcher();  ///< waits for a call that is under way

  /// From now on `call` is told, on the watcher's thread. REQUIRES: once.
  void start(Call call);
  void stop();

  /// The app is served in the place of `previous` (may be null). Those versions are new that get
  /// traffic and did not before.
  void watch(const ServedApp& app, const ServedApp* previous);
  /// "tenant/app": it is gone.
  void forget(const std::string& owner);
  /// How often each was taken back, by owner; those that never were, and those that are gone, are
  /// not among them.
  std::map<std::string, std::uint64_t> rollbacks() const;

 private:
  using Versions = std::vector<std::shared_ptr<const AppVersion>>;
  struct Watched {
    std::string tenant;
    std::string app;
    std::int64_t deployment;
    Versions fresh;
    Versions old;
    FailureCount baseline;
    RollbackWatch watch;
    RollbackWatch::Clock::time_point notBefore{};  ///< it is told of again
  };

  void run();
  std::vector<AppRuntime::RollbackNotice> look();
  void onCalled(const AppRuntime::RollbackNotice& notice, bool done);

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Watched> watched_;          ///< by owner
  std::map<std::string, std::uint64_t> rollbacks_;  ///< of apps that are, or were, watched
  Call call_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace skiff
