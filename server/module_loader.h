#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "config/result.h"
#include "server/app_version.h"
#include "server/module_preparer.h"

namespace skiff {

/// Loads versions' modules when they are first needed, each once however many ask, on threads of
/// its own: tenants take turns, so that one with many modules holds nobody up for longer than one
/// of them takes. What was loaded last is kept for a while though nobody uses it. Any thread.
class ModuleLoader {
 public:
  using Loaded = ModulePreparer::Prepared;
  using Done = std::function<void(const Loaded&)>;

  /// Modules that are kept though nobody uses them, and for how long.
  static constexpr std::size_t kMostKept = 64;
  static constexpr std::chrono::seconds kKeep{60};
  /// How long after the last module those who compile are kept waiting for another.
  static constexpr std::chrono::seconds kRest{5};
  /// How long what is left of a trial is kept for the request that the module was loaded for.
  static constexpr std::chrono::seconds kKeepSpare{1};

  /// REQUIRES: `preparer` outlives this.
  ModuleLoader(const ModulePreparer& preparer, std::size_t threads);
  ~ModuleLoader();  ///< stops

  /// Calls `done` on a thread of the loader, once; at once, here, if it is loaded already.
  void load(std::shared_ptr<const AppVersion> version, Done done);
  /// The same, and waits for it. Not on a shard's thread.
  Loaded loadNow(std::shared_ptr<const AppVersion> version);
  /// Lets go what has been kept long enough: to be called every second or so.
  void tidy(std::chrono::steady_clock::time_point now);
  /// Loads nothing more: what waits is told so. What is under way is finished.
  void stop();

 private:
  struct Job {
    explicit Job(std::shared_ptr<const AppVersion> what) : version(std::move(what)) {}
    const std::shared_ptr<const AppVersion> version;
    std::vector<Done> done;
  };
  struct Kept {
    std::shared_ptr<const AppVersion> version;  // before the module, which refers to its log
    std::shared_ptr<const PreparedModule> module;
    std::chrono::steady_clock::time_point since;
  };

  void run();
  std::shared_ptr<Job> next();
  /// What had to go for it: to be let go of outside the lock.
  std::list<Kept> keep(const std::shared_ptr<const AppVersion>& version,
                       const std::shared_ptr<const PreparedModule>& module);

  const ModulePreparer& preparer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  /// What waits, by tenant; each is taken from in turn.
  std::map<std::string, std::deque<std::shared_ptr<Job>>> waiting_;
  std::string lastTenant_;
  std::unordered_map<const AppVersion*, std::shared_ptr<Job>> jobs_;  ///< waiting or under way
  std::list<Kept> kept_;                                              ///< the newest at the front
  std::chrono::steady_clock::time_point lastLoad_{};
  bool restDue_ = false;  ///< something was loaded, and nobody has been sent home since
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace skiff
