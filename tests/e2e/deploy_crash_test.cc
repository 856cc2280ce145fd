#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include "deploy/catalog/sqlite.h"
#include "tests/e2e/deploy_model.h"

namespace skiff::e2e {
namespace {

using Clock = std::chrono::steady_clock;

/// SKIFF_E2E_LARGE=1 asks for 200.
std::size_t kills() {
  return std::getenv("SKIFF_E2E_LARGE") != nullptr ? 200 : 12;
}

/// Asks an app again and again until the daemon is killed: until then, each request is answered by
/// one of its versions.
void keepAsking(const Daemon& daemon, const std::string& host, const std::atomic<bool>& killed,
                std::atomic<std::size_t>& answered) {
  while (!killed) {
    try {
      Client client = daemon.connect();
      while (!killed) {
        const Response response = client.ask(request("GET", host, "/"));
        if (killed) return;
        EXPECT_EQ(response.status, 200) << host << ": " << response.body;
        EXPECT_TRUE(versionSpeaking(response.body)) << host << ": " << response.body;
        ++answered;
      }
    } catch (const ClientError& error) {
      EXPECT_TRUE(killed) << host << ": " << error.what();
    }
  }
}

/// Makes one change after the other until the daemon is killed in the middle of one.
void keepChanging(TenantModel& tenant, const AdminApi& api, std::uint32_t seed,
                  const std::atomic<bool>& killed) {
  std::mt19937 random(seed);
  while (!killed) {
    try {
      const std::string wrong = tenant.change(api, random);
      if (!wrong.empty() && !killed) {
        ADD_FAILURE() << wrong;
        return;
      }
    } catch (const ClientError& error) {
      EXPECT_TRUE(killed) << error.what();
      return;
    }
  }
}

void expectWholeCatalog(const Daemon& daemon) {
  sqlite::Database database(daemon.dataFolder() / "catalog.db", sqlite::Database::Use::reading);
  auto check = database.query("PRAGMA integrity_check");
  ASSERT_TRUE(check.step());
  EXPECT_EQ(check.text(0), "ok");
  auto keys = database.query("PRAGMA foreign_key_check");
  EXPECT_FALSE(keys.step()) << "a row refers to one that is not there";
}

TEST(KilledAtAnyInstant, KeepsEveryAcknowledgedChangeAndNothingByHalves) {
  const std::uint32_t seed = std::random_device{}();
  std::printf("seed %u\n", seed);
  std::mt19937 random(seed);
  ConfigText config;
  config.server = "access_log = \"off\"\n";
  // A sanitized daemon beside others is slow.
  config.limits = "queue_ms = 60000\ncpu_ms = 1000\n";
  Daemon daemon(config);
  const AdminApi api(daemon);
  std::vector<TenantModel> tenants;
  for (const char* name : {"acme", "globex"}) tenants.emplace_back(name).begin(api);

  std::atomic<std::size_t> answered{0};
  Clock::duration slowest{};
  std::size_t kill = 0;
  for (; kill < kills() && !HasFailure(); ++kill) {
    std::atomic<bool> killed{false};
    std::vector<std::thread> threads;
    for (TenantModel& tenant : tenants) {
      threads.emplace_back(keepChanging, std::ref(tenant), std::cref(api), random(),
                           std::cref(killed));
      threads.emplace_back(keepAsking, std::cref(daemon), tenant.host(), std::cref(killed),
                           std::ref(answered));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 1'000'000));
    killed = true;  // from here on nothing needs to be answered
    daemon.process().signal(SIGKILL);
    for (std::thread& thread : threads) thread.join();

    const auto begin = Clock::now();
    daemon.restart();
    slowest = std::max(slowest, Clock::now() - begin);
    SCOPED_TRACE("after kill " + std::to_string(kill + 1) + ", seed " + std::to_string(seed));
    expectWholeCatalog(daemon);
    for (TenantModel& tenant : tenants) tenant.settle(daemon, api);
  }
  std::size_t acknowledged = 0;
  std::size_t inFlight = 0;
  std::size_t made = 0;
  for (const TenantModel& tenant : tenants) {
    acknowledged += tenant.counts().acknowledged;
    inFlight += tenant.counts().inFlight;
    made += tenant.counts().madeInFlight;
  }
  std::printf(
      "%zu kills: %zu changes were acknowledged, and all were there; of %zu in flight, %zu were "
      "there, whole, and %zu absent; %zu requests were answered; the slowest restart took %.0f "
      "ms\n",
      kill, acknowledged, inFlight, made, inFlight - made, answered.load(),
      std::chrono::duration<double, std::milli>(slowest).count());
  EXPECT_GT(acknowledged, kills());
}

}  // namespace
}  // namespace skiff::e2e
