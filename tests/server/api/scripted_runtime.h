#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/app_runtime.h"

namespace skiff::testing {

/// What preparation found out, of a module with nothing remarkable.
inline AppRuntime::Prepared preparedAs(std::string abi) {
  AppRuntime::Prepared prepared;
  prepared.abi = std::move(abi);
  return prepared;
}

/// An AppRuntime that serves nothing, remembers what it is to serve, and does as it is told.
class ScriptedRuntime final : public AppRuntime {
 public:
  Result<Prepared, Refusal> prepare(const AppSpec& app, const VersionSpec& version) override;
  Result<void, Refusal> apply(Change change, const std::function<bool()>& commit) override;
  bool isFileTenant(const std::string& name) const override;
  std::vector<AppStatus> status(const std::string& tenant) const override;
  std::unique_ptr<LogSubscription> followLog(
      const std::string& tenant, const std::string& app,
      std::function<void(std::string_view line)> line) override;
  void onRollbackDue(std::function<bool(const RollbackNotice&)> call) override;

  // What tests look at and set.
  AppSpec served(const std::string& tenant, const std::string& app) const;
  bool serves(const std::string& tenant, const std::string& app) const;
  Limits limitsOf(const std::string& tenant) const;
  void log(const std::string& tenant, const std::string& app, std::string_view line);
  void rollBack(const RollbackNotice& notice);
  std::size_t followers() const;

  /// Asked by prepare(); may block.
  std::function<Result<Prepared, Refusal>(const AppSpec&, const VersionSpec&)> preparing;
  /// Asked by apply() before it commits.
  std::function<Result<void, Refusal>(const Change&)> applying;
  std::set<std::string> fileTenants;
  std::vector<std::string> heldLines;

 private:
  struct Follower;
  using Key = std::pair<std::string, std::string>;

  mutable std::mutex mutex_;
  std::mutex applyMutex_;
  std::map<Key, AppSpec> apps_;
  std::map<std::string, Limits> tenants_;
  std::multimap<Key, std::function<void(std::string_view)>*> followers_;
  std::function<bool(const RollbackNotice&)> rollbackDue_;
};

}  // namespace skiff::testing
