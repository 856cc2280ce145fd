#include "tests/soak/world.h"

#include <cstdio>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <thread>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/variants.h"
#include "tests/server/tls/test_certificate.h"

namespace skiff::soak {
namespace {

constexpr std::string_view kPlaceholder =
    "identity:.......................................................";
static_assert(kPlaceholder.size() == kIdentitySize);
constexpr std::string_view kSecretPrefix = "secret-";
constexpr std::size_t kSecretDigits = 16;

/// Tenants of the configuration file that have a certificate.
constexpr const char* kFileTenants[] = {"quiet", "conf", "proxy", "site"};

std::string catalogTenant(std::size_t number) {
  return "t" + std::to_string(number);
}

}  // namespace

World::World(Report& report, std::uint16_t originPort) : report_(report), originPort_(originPort) {
  for (const char* tenant : kFileTenants) writeGuest(tenant);
  std::filesystem::create_directory(folder_ / "site");
  std::ofstream(folder_ / "site/page.txt") << page();
  for (std::size_t tenant = 0; tenant < kTenants; ++tenant) {
    for (std::size_t app = 0; app < kAppsOfTenant; ++app) {
      auto made = std::make_unique<App>();
      made->tenant = catalogTenant(tenant);
      made->name = std::string("a") + std::to_string(app);
      made->host = made->name + "." + made->tenant + ".test";
      made->served.is({std::string(Served::kNobody)});
      apps_.push_back(std::move(made));
    }
  }
  renewCertificates();
  configured_.is({configText(0)});
  // A folder for machine code of its own: what is deployed here is deployed once.
  const auto ownCode = [](const std::filesystem::path& data) {
    std::filesystem::remove(data / "code");
  };
  daemon_ = std::make_unique<e2e::Daemon>(config(0), ownCode);
  tlsPort_ = daemon_->tlsPort();
  const e2e::AdminApi api(*daemon_);
  for (std::size_t tenant = 0; tenant < kTenants; ++tenant) {
    const auto made = api.put("/v1/tenants/" + catalogTenant(tenant), "{}");
    if (made.status != 201) throw std::runtime_error("no tenant: " + made.text);
  }
}

void World::writeGuest(std::string_view tenant) const {
  std::ofstream(folder_ / (std::string(tenant) + ".wasm"), std::ios::binary)
      << module(identity(tenant, tenant, 1));
}

std::string World::secret(std::string_view tenant) const {
  // Of the seed, so that a run can be repeated.
  std::mt19937_64 random(report_.seed() ^ std::hash<std::string_view>()(tenant));
  char text[kSecretDigits + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(random()));
  return std::string(kSecretPrefix) + text;
}

std::string World::identity(std::string_view tenant, std::string_view app,
                            std::size_t version) const {
  std::string text = std::string(tenant) + "/" + std::string(app) + " v" + std::to_string(version) +
                     " " + secret(tenant);
  text.resize(kIdentitySize, ' ');
  return text;
}

std::string World::module(std::string_view identity) {
  return e2e::withText(e2e::guestBytes("test/soak"), kPlaceholder, identity);
}

std::string World::foreign(std::string_view bytes, std::string_view tenant) const {
  const std::string own = secret(tenant);
  for (std::size_t at = bytes.find(kSecretPrefix); at != bytes.npos;
       at = bytes.find(kSecretPrefix, at + 1)) {
    const std::string_view found = bytes.substr(at, own.size());
    if (found.size() == own.size() && found != own) return std::string(found);
  }
  return {};
}

std::string World::configText(std::size_t number) const {
  return "config " + std::to_string(number) + " " + secret("conf");
}

void World::renewCertificates() const {
  using skiff::testing::TestCertificate;
  constexpr long kTwentyDays = 20 * 24 * 3600;
  const auto make = [&](const std::string& tenant, const std::string& names) {
    TestCertificate::make({tenant, names, TestCertificate::Kind::p256, -3600, kTwentyDays})
        .write(folder_ / "", tenant);
  };
  for (const char* tenant : kFileTenants) {
    make(tenant, "DNS:" + std::string(tenant) + ".test");
  }
  for (std::size_t tenant = 0; tenant < kTenants; ++tenant) {
    make(catalogTenant(tenant), "DNS:*." + catalogTenant(tenant) + ".test");
  }
}

std::string World::fileTenants(std::size_t number) const {
  const auto app = [&](const std::string& tenant, const std::string& name,
                       const std::string& module, const std::string& more) {
    return "[[tenant]]\nname = \"" + tenant + "\"\n[[tenant.app]]\nname = \"" + name +
           "\"\nmodule = \"" + module + "\"\nroutes = [\"" + name + ".test/*\"]\n" + more;
  };
  const auto own = [&](const std::string& tenant, const std::string& more) {
    return app(tenant, tenant, (folder_ / (tenant + ".wasm")).string(), more);
  };
  const std::string hostileLimits =
      "[tenant.app.limits]\ncpu_ms = 20\nmemory = \"16MiB\"\nwall_ms = 3000\n";
  const auto hostile = [&](const std::string& name) {
    return app("hostile-" + name, name, e2e::guestFile("hostile/" + name), hostileLimits);
  };
  return own("quiet", "") + own("conf", "config = \"" + configText(number) + "\"\n") +
         own("proxy", "origin = \"http://127.0.0.1:" + std::to_string(originPort_) + "\"\n") +
         app("site", "site", e2e::guestFile("static_files"),
             "files = \"" + (folder_ / "site").string() + "\"\n") +
         app("limited", "limited", e2e::guestFile("hello"),
             "[tenant.app.limits]\nrate = 40\nrate_burst = 10\n") +
         hostile("misbehave") + hostile("tables") + hostile("exceptions");
}

std::string World::config(std::size_t number) const {
  std::string text =
      "[server]\nlisten = [\"127.0.0.1:0\"]\nlisten_tls = [\"127.0.0.1:0\"]\n"
      "http2_resets = 100000\nheader_timeout_ms = 2000\nhandshake_timeout_ms = 2500\n"
      "drain_timeout_ms = 8000\ndrain_idle_ms = 3000\naccess_log = \"access.log\"\n"
      "[admin]\nlisten = \"127.0.0.1:0\"\n[limits]\nqueue_ms = 20000\ncpu_ms = 2000\n";
  if (e2e::kSanitized) text.append("[sandbox]\n").append(e2e::kNoSandbox).append("\n");
  const auto certificate = [&](const std::string& name) {
    const std::string path = (folder_ / name).string();
    text += "[[certificate]]\ncertificate = \"" + path + ".pem\"\nkey = \"" + path + ".key\"\n";
  };
  for (const char* tenant : kFileTenants) certificate(tenant);
  for (std::size_t tenant = 0; tenant < kTenants; ++tenant) certificate(catalogTenant(tenant));
  return text + fileTenants(number);
}

bool World::pause(std::chrono::milliseconds time) const {
  // In short steps, so that the end is not waited for.
  constexpr std::chrono::milliseconds kStep{50};
  const auto end = Clock::now() + time;
  while (!stop && Clock::now() < end) {
    std::this_thread::sleep_until(std::min(end, Clock::now() + kStep));
  }
  return !stop;
}

}  // namespace skiff::soak
