// A client's TLS handshake names a host: the app that answers there is loaded meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/daemon.h"
#include "tests/e2e/variants.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/server/tls/tls_client.h"

namespace skiff::e2e {
namespace {

using skiff::testing::TestCertificate;
using skiff::testing::TlsClient;
using ::testing::EndsWith;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;

/// A daemon with apps of the catalog, a0.test and so on, none of which is loaded.
class UnloadedApps {
 public:
  using Module = std::function<std::string(std::size_t number)>;

  /// `server`: lines of [server]; `keys`: of each app's document, with a comma before them.
  UnloadedApps(std::size_t count, const std::string& server, const Module& module = moduleAnswering,
               const std::string& keys = {}) {
    TestCertificate::make({"apps", "DNS:*.test"}).write(folder_ / "", "apps");
    const std::string path = (folder_ / "apps").string();
    ConfigText config;
    config.server = "listen_tls = [\"127.0.0.1:0\"]\nshards = 1\n" + server;
    daemon_.emplace(config.text() + "[[certificate]]\ncertificate = \"" + path +
                    ".pem\"\nkey = \"" + path + ".key\"\n");
    deploy(count, module, keys);
    daemon_->restart();
    port_ = daemon_->tlsPort();
  }

  Daemon& daemon() { return *daemon_; }
  std::uint16_t port() const { return port_; }
  void shakeHands(const std::string& host) {
    const TlsClient client(port_, {.host = host});
    EXPECT_TRUE(client.isConnected()) << client.failure();
  }
  std::string ask(const std::string& host) {
    TlsClient client(port_, {.host = host});
    return client.ask(request("GET", host, "/"));
  }
  /// Apps that were loaded ahead, or not, with this outcome.
  double count(const std::string& outcome) {
    return daemon_->metrics().sum("skiff_prewarms_total", {{"outcome", outcome}});
  }
  double used() { return daemon_->metrics().sum("skiff_prewarms_used_total"); }
  bool becomes(const std::string& outcome, double value) {
    return eventually([&] { return count(outcome) == value; });
  }

 private:
  void deploy(std::size_t count, const Module& module, const std::string& keys) {
    const AdminApi api(*daemon_);
    EXPECT_EQ(api.put("/v1/tenants/acme", "{}").status, 201);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = "a" + std::to_string(i);
      const ApiReply made =
          api.put(appPath("acme/" + name), R"({"routes":[")" + name + R"(.test/*"])" + keys + "}");
      EXPECT_EQ(made.status, 201) << made.text;
      const std::string version = api.uploadBytes("acme/" + name, module(i));
      EXPECT_EQ(api.deploy("acme/" + name, version).status, 200);
    }
  }

  TemporaryFolder folder_;
  std::optional<Daemon> daemon_;
  std::uint16_t port_ = 0;
};

TEST(Prewarm, LoadsTheAppThatAHandshakeNames) {
  UnloadedApps apps(2, {});
  apps.shakeHands("a0.test");
  EXPECT_TRUE(apps.becomes("loaded", 1));
  // Once, however often it is named.
  for (int i = 0; i < 3; ++i) apps.shakeHands("a0.test");
  apps.shakeHands("nobody.test");
  apps.shakeHands("");
  EXPECT_EQ(apps.used(), 0);
  EXPECT_EQ(apps.daemon().metrics().sum("skiff_requests_total"), 0);
  EXPECT_THAT(apps.ask("a0.test"), EndsWith(answerOf(0)));
  EXPECT_EQ(apps.used(), 1);
  EXPECT_THAT(apps.ask("a0.test"), EndsWith(answerOf(0)));
  EXPECT_EQ(apps.used(), 1);
  EXPECT_EQ(apps.count("loaded"), 1);
}

TEST(Prewarm, IsJoinedByTheRequestThatFollows) {
  UnloadedApps apps(1, {});
  EXPECT_THAT(apps.ask("a0.test"), EndsWith(answerOf(0)));
  EXPECT_EQ(apps.count("loaded"), 1);
  EXPECT_EQ(apps.used(), 1);
}

TEST(Prewarm, CanBeTurnedOff) {
  UnloadedApps apps(1, "prewarm = false\n");
  EXPECT_THAT(apps.ask("a0.test"), EndsWith(answerOf(0)));
  EXPECT_EQ(apps.daemon().metrics().sum("skiff_prewarms_total"), 0);
}

TEST(Prewarm, IsBoundedForClientsThatOnlyNameHosts) {
  constexpr std::size_t kApps = 80;
  UnloadedApps apps(kApps, {});
  for (std::size_t i = 0; i < kApps; ++i) apps.shakeHands("a" + std::to_string(i) + ".test");
  EXPECT_TRUE(eventually([&] { return apps.count("loaded") + apps.count("limited") == kApps; }));
  EXPECT_GT(apps.count("limited"), 0);
  // Who was not loaded ahead is served all the same.
  EXPECT_THAT(apps.ask("a79.test"), EndsWith(answerOf(79)));
}

TEST(Prewarm, GoesAgainIfNobodyAsks) {
  UnloadedApps apps(1, "idle_instance_ms = 300\n");
  apps.shakeHands("a0.test");
  EXPECT_TRUE(apps.becomes("loaded", 1));
  // It is loaded anew, so it had gone.
  EXPECT_TRUE(eventually([&] {
    apps.shakeHands("a0.test");
    return apps.count("loaded") >= 2;
  }));
  EXPECT_EQ(apps.used(), 0);
}

TEST(Prewarm, IsNotDoneWhileMemoryIsShort) {
  UnloadedApps apps(1, "memory_target = \"1MiB\"\n");
  EXPECT_TRUE(eventually([&] {
    apps.shakeHands("a0.test");
    return apps.count("memory") != 0;
  }));
  EXPECT_THAT(apps.ask("a0.test"), EndsWith(answerOf(0)));
}

TEST(Prewarm, LoadsNothingForATenantWhoseRequestsWouldWait) {
  constexpr std::size_t kApps = 10;
  UnloadedApps apps(kApps, {});
  const AdminApi api(apps.daemon());
  ASSERT_EQ(api.put("/v1/tenants/acme", R"({"limits":{"rate":1,"rate_burst":1}})").status, 200);
  for (std::size_t i = 1; apps.count("limited") == 0 && i < kApps; ++i) {
    // Takes all that there is for a second.
    (void)apps.daemon().get("a0.test");
    apps.shakeHands("a" + std::to_string(i) + ".test");
  }
  EXPECT_GE(apps.count("limited"), 1);  // one that it was told of late may have been followed
}

/// Milliseconds from the moment that a client begins until the first byte of its answer is there.
/// `roundTrip`: the network's, which the loopback does not have: a client of TLS 1.3 can ask so
/// much after it has named the host.
double timeToFirstByte(UnloadedApps& apps, std::size_t number,
                       std::chrono::milliseconds roundTrip) {
  const std::string host = "a" + std::to_string(number) + ".test";
  const auto begin = Clock::now();
  TlsClient client(apps.port(), {.host = host});
  std::this_thread::sleep_for(roundTrip);
  client.send(request("GET", host, "/"));
  const std::string first = client.readSome();
  const std::chrono::duration<double, std::milli> time = Clock::now() - begin;
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 "));
  return time.count();
}

double medianOf(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

/// Of an app of more than a MiB, whose machine code is in the data folder.
TEST(Prewarm, BringsTheFirstByteSooner) {
  if (std::getenv("SKIFF_E2E_LARGE") == nullptr)
    GTEST_SKIP() << "it compares times; set SKIFF_E2E_LARGE";
  constexpr std::size_t kRounds = 12;
  const std::vector<int> roundTrips{0, 30};
  const std::string sqlite = guestBytes("sqlite");
  const auto module = [&](std::size_t number) { return withNote(sqlite, std::to_string(number)); };
  const std::string keys =
      R"(,"limits":{"cpu_ms":5000},"args":[":memory:","SELECT 'Content-Type: text/plain' || char(10,10) || 'ok'"])";
  const std::size_t count = kRounds * roundTrips.size();
  UnloadedApps with(count, {}, module, keys);
  UnloadedApps without(count, "prewarm = false\n", module, keys);
  std::size_t number = 0;
  for (const int roundTrip : roundTrips) {
    std::vector<double> times[2];
    for (std::size_t i = 0; i < kRounds; ++i, ++number) {
      const std::chrono::milliseconds pause(roundTrip);
      times[0].push_back(timeToFirstByte(with, number, pause));
      times[1].push_back(timeToFirstByte(without, number, pause));
    }
    const double ahead = medianOf(times[0]);
    const double late = medianOf(times[1]);
    std::printf("round trip %d ms, %zu apps of %zu bytes: first byte after %.1f ms; %.1f without\n",
                roundTrip, kRounds, sqlite.size(), ahead, late);
    if (roundTrip != 0) {
      EXPECT_LT(ahead, late);
    }
  }
  EXPECT_EQ(with.used(), count);
}

}  // namespace
}  // namespace skiff::e2e
