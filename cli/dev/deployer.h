#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "cli/commands/document.h"
#include "cli/http/admin_address.h"
#include "config/result.h"

namespace skiff::cli {

/// What `skiff dev` deploys, again and again.
struct DevApp {
  std::string file;
  std::string name;
  DocumentChanges changes;
};

/// How a deployment went.
struct DevOutcome {
  bool isDeployed = false;
  bool isUnchanged = false;  ///< the file holds what was deployed last
  std::string text;          ///< what to tell: "deployed …", or why not; lines
};

/// Deploys a file to a daemon on a thread of its own, so that the daemon's log is read meanwhile.
/// One deployment at a time. Used on one thread.
class Deployer {
 public:
  /// As the daemon's operator, to which `token` belongs.
  Deployer(AdminAddress address, std::string token, DevApp app);
  ~Deployer();
  Deployer(const Deployer&) = delete;
  Deployer& operator=(const Deployer&) = delete;

  /// REQUIRES: none is under way.
  void start();
  bool isBusy() const { return thread_.joinable(); }
  /// Readable once it is done.
  int descriptor() const { return done_; }
  /// REQUIRES: it is done.
  DevOutcome take();

 private:
  DevOutcome deploy();

  const AdminAddress address_;
  const std::string token_;
  const DevApp app_;
  int done_;  ///< eventfd
  bool hasApp_ = false;
  std::string lastModule_;
  std::string serving_;  ///< the version that gets traffic; empty: none
  DevOutcome outcome_;
  std::thread thread_;  ///< while it runs, what stands above but done_ is its own
};

}  // namespace skiff::cli
