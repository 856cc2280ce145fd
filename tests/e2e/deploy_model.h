#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/admin_api.h"

namespace skiff::e2e {

/// Which of the versions that TenantModel deploys gave this answer; nothing if none did.
std::optional<std::size_t> versionSpeaking(std::string_view answer);

/// One deployment of the app.
struct ModelDeployment {
  std::int64_t number = 0;
  std::vector<std::pair<std::size_t, std::uint32_t>> split;  ///< version, weight
  std::int64_t rollsBackTo = 0;
  bool isRollback = false;

  bool operator==(const ModelDeployment&) const = default;
};

/// Everything about a tenant that its changes set, and that can be looked at again.
struct TenantState {
  std::uint32_t weight = 1;  ///< in the tenant's document
  std::string mark;          ///< in the app's document
  std::map<std::string, std::string> secrets;
  std::set<std::size_t> versions;
  std::vector<ModelDeployment> deployments;  ///< the newest last
  bool hasOther = false;                     ///< there is a second app

  bool operator==(const TenantState&) const = default;
  std::string text() const;
};

/// A tenant whose app is changed at random, and what must be there of it after a crash. One thread
/// at a time.
class TenantModel {
 public:
  explicit TenantModel(std::string name) : name_(std::move(name)) {}

  std::string host() const { return name_ + ".test"; }
  /// Makes the tenant and deploys a first version.
  void begin(const AdminApi& api);
  /// Makes one change. What was wrong with its answer; empty: nothing. Throws ClientError if there
  /// was none: then the change may have been made or not.
  std::string change(const AdminApi& api, std::mt19937& random);
  /// Fails the test unless everything is as it was acknowledged, with the change that was in flight
  /// made wholly or not at all, and the app answers by it. Goes on from there.
  void settle(const Daemon& daemon, const AdminApi& api);

  struct Counts {
    std::size_t acknowledged = 0;
    std::size_t inFlight = 0;      ///< when the daemon was killed
    std::size_t madeInFlight = 0;  ///< of these
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Change {
    std::string method;
    std::string path;
    std::string body;
    std::string type;
    TenantState after;
  };
  Change draw(std::mt19937& random);
  TenantState look(const Daemon& daemon, const AdminApi& api) const;
  void expectServed(const Daemon& daemon, const AdminApi& api) const;
  std::string app() const { return name_ + "/web"; }

  std::string name_;
  TenantState state_;
  std::optional<TenantState> inFlight_;
  std::uint64_t made_ = 0;
  Counts counts_;
};

}  // namespace skiff::e2e
