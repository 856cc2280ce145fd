#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/daemon.h"
#include "tests/soak/http1.h"
#include "tests/soak/report.h"
#include "tests/soak/served.h"

namespace skiff::soak {

/// What an answer of guests/test/soak.c begins with.
constexpr std::size_t kIdentitySize = 64;

/// An app whose versions come and go through the API.
struct App {
  std::string tenant;
  std::string name;
  std::string host;
  Served served;
};

/// The daemon under test, its tenants and what must hold of them. What is const, or says so, may be
/// used from any thread.
class World {
 public:
  explicit World(Report& report, std::uint16_t originPort);

  Report& report() { return report_; }
  e2e::Daemon& daemon() { return *daemon_; }
  std::uint16_t port() const { return daemon_->port(); }
  std::uint16_t tlsPort() const { return tlsPort_; }

  static constexpr std::size_t kTenants = 4;
  static constexpr std::size_t kAppsOfTenant = 3;
  App& app(std::size_t index) { return *apps_[index]; }
  std::size_t apps() const { return apps_.size(); }

  /// 64 bytes: "tenant/app version secret", and blanks.
  std::string identity(std::string_view tenant, std::string_view app, std::size_t version) const;
  /// The soak's guest with that name; its digest is as new as the name.
  static std::string module(std::string_view identity);
  /// What is the tenant's alone: no byte of another's may have it.
  std::string secret(std::string_view tenant) const;
  /// The secret in `bytes` of a tenant other than `tenant`; empty if there is none.
  std::string foreign(std::string_view bytes, std::string_view tenant) const;

  /// The configuration file; the app "conf" answers /config with configText(number).
  std::string config(std::size_t number) const;
  std::string configText(std::size_t number) const;
  Served& configured() { return configured_; }  ///< what /config answers, over time
  /// Replaces the files of the certificates.
  void renewCertificates() const;

  /// What the configuration file's app of that name answers to GET /: "quiet", "conf", "proxy".
  std::string fileBody(std::string_view app) const { return identity(app, app, 1) + "\n"; }
  /// What the site has as /page.txt.
  std::string page() const { return "A page of " + secret("site") + ".\n"; }

  std::atomic<bool> stop{false};
  /// Sleeps; false if the end has come meanwhile.
  bool pause(std::chrono::milliseconds time) const;

 private:
  void writeGuest(std::string_view tenant) const;
  std::string fileTenants(std::size_t number) const;

  Report& report_;
  const std::uint16_t originPort_;
  TemporaryFolder folder_;
  std::vector<std::unique_ptr<App>> apps_;
  Served configured_;
  std::unique_ptr<e2e::Daemon> daemon_;
  std::uint16_t tlsPort_ = 0;
};

}  // namespace skiff::soak
