#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/dev/deployer.h"
#include "cli/dev/dev_daemon.h"
#include "cli/dev/file_watch.h"
#include "cli/exit_status.h"
#include "cli/terminal/console.h"

namespace skiff::cli {

/// `skiff dev` while it runs: prints what the daemon logs, and deploys whenever the file has
/// changed and then been quiet for a moment, until a signal comes or the daemon ends. One thread,
/// on which SIGINT, SIGTERM and SIGHUP are blocked.
class DevLoop {
 public:
  DevLoop(Console& console, DevDaemon& daemon, FileWatch& watch, Deployer& deployer,
          std::string url, bool isVerbose);

  /// `signals`: a signalfd of the signals that end it.
  ExitStatus run(int signals);

 private:
  using Clock = std::chrono::steady_clock;

  void startIfQuiet();
  void finishDeployment();
  bool printLines();
  ExitStatus end();

  Console& console_;
  DevDaemon& daemon_;
  FileWatch& watch_;
  Deployer& deployer_;
  const std::string url_;
  const bool isVerbose_;
  bool hasServed_ = false;
  std::optional<Clock::time_point> due_;  ///< when to deploy, if nothing else changes
};

}  // namespace skiff::cli
