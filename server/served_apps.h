#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/deployment.h"

namespace skiff {

/// What one change does to the apps that are served.
struct AppsEdit {
  std::vector<std::shared_ptr<const ServedApp>> set;  ///< new, or in the place of the same app
  std::vector<std::string> removed;                   ///< owners: "tenant/app"
};

/// The apps that are served, of the file and of the catalog: makes each deployment from the last
/// one. One thread at a time.
class ServedApps {
 public:
  ServedApps();

  /// What would be served with this edit, or whose routes it cannot have.
  Result<std::shared_ptr<const Deployment>, RouteConflicts> draft(const AppsEdit& edit) const;
  /// Makes it the current one. REQUIRES: `deployment` was drafted from the current one with `edit`.
  void install(std::shared_ptr<const Deployment> deployment, const AppsEdit& edit);

  const std::shared_ptr<const Deployment>& current() const { return current_; }
  /// nullptr if there is none.
  std::shared_ptr<const ServedApp> find(const std::string& owner) const;
  std::size_t count() const { return slots_.size(); }

 private:
  std::shared_ptr<const Deployment> current_;
  std::unordered_map<std::string, std::size_t> slots_;  ///< by owner
};

}  // namespace skiff
