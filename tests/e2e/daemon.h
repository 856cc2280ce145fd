#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/client.h"
#include "tests/e2e/metrics_page.h"
#include "tests/e2e/process.h"
#include "tests/server/observe/temporary_folder.h"

namespace skiff::e2e {

/// The built guest of that name: "hello", "test/count".
std::string guestFile(std::string_view name);

/// One app of a configuration, with a route of its own: "<name>.test/*".
struct AppText {
  std::string name;
  std::string guest;   ///< "hello", "test/count"; or the module's file, if it is an absolute path
  std::string keys;    ///< further lines of [[tenant.app]]
  std::string limits;  ///< lines of [tenant.app.limits]
  std::string tenant = "acme";
};

/// A configuration on free ports of 127.0.0.1.
struct ConfigText {
  std::string server;        ///< further lines of [server]
  std::string sandbox;       ///< lines of [sandbox]; empty: it may read all guests
  std::string limits;        ///< lines of [limits]
  std::string tenantLimits;  ///< lines of [tenant.limits], of each tenant
  std::vector<AppText> apps;

  std::string text() const;
};

/// What the access log said of one request.
struct AccessLine {
  std::string text;                               ///< the JSON object
  std::string value(std::string_view key) const;  ///< of a string or number; empty if not there
};

/// skiffd, running.
class Daemon {
 public:
  /// Starts it and waits until it is ready; throws, with what it said, if it does not become so.
  explicit Daemon(const std::string& config);
  explicit Daemon(const ConfigText& config) : Daemon(config.text()) {}
  Daemon(const ConfigText& config, ProcessOptions options);
  /// The same on a data folder that `prepare` has put something into.
  using Prepare = std::function<void(const std::filesystem::path& dataFolder)>;
  Daemon(const ConfigText& config, const Prepare& prepare) : Daemon(config.text(), prepare) {}
  Daemon(const std::string& config, const Prepare& prepare);

  std::uint16_t port() const { return port_; }
  std::uint16_t adminPort() const { return adminPort_; }
  /// Of its listener for HTTPS; throws if it does not say that it has one.
  std::uint16_t tlsPort() const;
  Process& process() { return *process_; }
  const TemporaryFolder& folder() const { return folder_; }
  std::filesystem::path configFile() const { return folder_ / "skiff.toml"; }
  std::filesystem::path dataFolder() const { return folder_ / "var"; }

  Client connect() const { return Client(port_); }
  Response get(std::string_view host, std::string_view target = "/") const {
    return e2e::get(port_, host, target);
  }
  Response admin(std::string_view target) const {
    return e2e::get(adminPort_, "127.0.0.1", target);
  }
  MetricsPage metrics() const { return MetricsPage(admin("/metrics").body); }

  /// The access log's line of the first request whose line contains `part`; fails the test if none
  /// comes. REQUIRES: the access log goes to standard output.
  AccessLine accessLine(std::string_view part) const;
  /// The line of the request that this problem (RFC 9457) answered.
  AccessLine accessLineOf(const Response& problem) const;

  /// Replaces the configuration and sends SIGHUP, without waiting for what comes of it.
  void reload(const std::string& config);
  /// SIGUSR2: another process takes its place, and is process() once the old one has ended. How
  /// that ended; fails the test if none does, or does not end. `meanwhile` runs in between.
  Ending handOver(const std::function<void()>& meanwhile = {});
  /// SIGTERM, and how it ended; fails the test if it does not end.
  Ending terminate();
  /// Kills it, if it still runs, and starts it on what it left behind, on ports of its own; waits
  /// until it is ready and throws if it does not become so.
  void restart();

 private:
  void start();

  ProcessOptions options_;
  TemporaryFolder folder_;
  std::unique_ptr<Process> process_;
  std::uint16_t port_ = 0;
  std::uint16_t adminPort_ = 0;
};

/// Asks again and again, with short pauses, until the condition holds; false if it does not within
/// `patience`. For what has no event that a test could wait for: gauges, mostly.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds patience = kPatience);

/// `skiffd --check` on a file; how it ended and what it said.
struct CheckResult {
  std::optional<Ending> ending;  ///< nothing if it hung
  std::string output;
  std::string error;
};
CheckResult check(const std::filesystem::path& config,
                  std::chrono::milliseconds patience = kPatience);

}  // namespace skiff::e2e
