#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/result.h"
#include "server/app_spec.h"

namespace skiff {

/// What is served of the catalog, as the API changes it. Calls may block for long. Any thread, but
/// the listener's and the shards'.
class AppRuntime {
 public:
  virtual ~AppRuntime() = default;

  /// What preparation found out about a module.
  struct Prepared {
    std::string abi;                          ///< "wasi", "http-wasm"
    std::chrono::microseconds compileTime{};  ///< or to restore what was compiled before
    std::chrono::microseconds initTime{};     ///< of one initialisation, on trial
    bool wasCompiled = false;                 ///< it was not in the code cache
    /// What its author should know: why each request gets an instance of its own, …
    std::vector<std::string> notes;
  };
  /// What one change sets and takes away. An app that is set is as the spec says, wholly.
  struct Change {
    std::vector<std::pair<std::string, Limits>> tenants;  ///< limits, by name: new or changed
    std::vector<AppSpec> apps;                            ///< new or changed
    std::vector<std::string> removedTenants;              ///< with all of their apps
    std::vector<std::pair<std::string, std::string>> removedApps;  ///< tenant, app
  };
  struct Refusal {
    enum class Kind : std::uint8_t {
      routes,      ///< a route is another app's
      module,      ///< a version cannot be prepared as the app is configured now
      overloaded,  ///< nor can any other at the moment
      notReady,    ///< the daemon is starting or ending
      committed,   ///< `commit` said no
    };
    Kind kind = Kind::notReady;
    std::string message;  ///< one sentence; may name other tenants' apps: for operators
    /// For `routes`: the other app's tenant. Empty if it is of the same tenant.
    std::string otherTenant;
  };
  /// Reads, checks, compiles and initialises (on trial) a version's module as `app` would have it.
  /// The compiled code stays in the cache on disk, and the module prepared for a while, so that a
  /// deployment that follows is instant. The refusal is for the module's author (`module`), or
  /// `notReady`.
  virtual Result<Prepared, Refusal> prepare(const AppSpec& app, const VersionSpec& version) = 0;

  /// Makes the change: prepares what it needs (the modules that are to get traffic), finds out
  /// whether it can be served, then calls `commit`, which makes it durable or answers false, and
  /// then has every shard serve it. Back when they do. Requests in flight end where they began.
  /// Between `commit` and what is served nothing can fail. Changes are made one at a time;
  /// preparations are not held up by others. `commit` must not call this.
  virtual Result<void, Refusal> apply(Change change, const std::function<bool()>& commit) = 0;

  /// Whether the configuration file defines this tenant; such ones cannot be changed.
  virtual bool isFileTenant(const std::string& name) const = 0;

  /// What a tenant or app uses now.
  struct AppStatus {
    std::string tenant;
    std::string app;
    std::vector<std::string> versions;  ///< that serve, or can be asked for
    bool fromFile = false;
    bool loaded = false;         ///< at least one version is in memory
    std::uint64_t requests = 0;  ///< since the start
    std::uint64_t failed = 0;    ///< of these: guest faults and limit hits
    std::uint64_t cpuMicroseconds = 0;
    std::uint64_t memoryBytes = 0;
    std::uint64_t instances = 0;
  };
  /// Those of the tenant, or of all if it is empty.
  virtual std::vector<AppStatus> status(const std::string& tenant) const = 0;

  /// Follows an app's log: calls `line` with each line (a JSON object, without its end), the last
  /// ones first, from the threads that write them, until the object goes, which waits for a call
  /// under way. `line` must be brief and must not call this.
  class LogSubscription {
   public:
    virtual ~LogSubscription() = default;
  };
  virtual std::unique_ptr<LogSubscription> followLog(
      const std::string& tenant, const std::string& app,
      std::function<void(std::string_view line)> line) = 0;

  /// Called with what is to be taken back (auto_rollback), from a thread that may block: it makes
  /// that durable and applies it. False: it could not, and is to be called again later. Set once;
  /// with nothing, it is not called any more once that is back.
  struct RollbackNotice {
    std::string tenant;
    std::string app;
    std::int64_t deployment = 0;  ///< the one to go back from
    std::string why;              ///< one sentence with the rates
  };
  virtual void onRollbackDue(std::function<bool(const RollbackNotice&)> call) = 0;
};

}  // namespace skiff
