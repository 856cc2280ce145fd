#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <thread>

#include "tests/e2e/daemon.h"
#include "tests/e2e/load.h"

namespace skiff::e2e {
namespace {

ConfigText hostileConfig(const std::string& limits) {
  ConfigText config;
  config.limits = limits;
  config.apps = {{"misbehave", "hostile/misbehave", {}, {}},
                 {"tables", "hostile/tables", {}, {}},
                 {"exceptions", "hostile/exceptions", {}, {}}};
  return config;
}

struct Misdeed {
  std::string host;
  std::string target;
  int status;
  std::string reason;
};

TEST(AHostileGuest, EndsWithItsReasonAndTheNextRequestOfItsAppSucceeds) {
  const std::vector<Misdeed> misdeeds{
      {"misbehave.test", "/spin", 503, "cpu_limit"},
      {"misbehave.test", "/recurse", 502, "guest_trap"},
      {"misbehave.test", "/recurse-host", 502, "guest_trap"},
      {"misbehave.test", "/grow", 503, "cpu_limit"},
      {"misbehave.test", "/fill", 503, "cpu_limit"},
      {"misbehave.test", "/host-calls", 503, "cpu_limit"},
      {"misbehave.test", "/output", 503, "cpu_limit"},
      {"misbehave.test", "/log", 503, "cpu_limit"},
      {"misbehave.test", "/exit", 502, "guest_exit"},
      {"misbehave.test", "/trap", 502, "guest_trap"},
      {"tables.test", "/grow", 503, "cpu_limit"},
      {"exceptions.test", "/throw", 503, "cpu_limit"},
      {"exceptions.test", "/deep", 503, "cpu_limit"},
  };
  // Sanitizers make the way down to the end of the stack long.
  Daemon daemon(hostileConfig(kSanitized ? "cpu_ms = 400\nmemory = \"16MiB\"\n"
                                         : "cpu_ms = 20\nmemory = \"16MiB\"\n"));
  for (int round = 0; round < 2; ++round) {
    for (const Misdeed& misdeed : misdeeds) {
      SCOPED_TRACE(misdeed.host + misdeed.target);
      const Response response = daemon.get(misdeed.host, misdeed.target);
      EXPECT_EQ(response.status, misdeed.status);
      EXPECT_EQ(response.field("skiff-reason"), misdeed.reason);
      if (round == 0) {
        const AccessLine line = daemon.accessLineOf(response);
        EXPECT_EQ(line.value("reason"), misdeed.reason);
        EXPECT_LT(std::stod(line.value("cpu_ms")), kSanitized ? 1000 : 40);
      }
      EXPECT_EQ(daemon.get(misdeed.host, "/ok").body, "ok\n");
    }
  }
  // The last one's answer may be here before it is counted.
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_limit_hits_total", {{"reason", "cpu_limit"}}) == 2 * 8 + 2;
  }));
}

TEST(AHostileGuest, ThatFloodsItsAnswerIsStoppedAsWell) {
  Daemon daemon(hostileConfig("cpu_ms = 20\nwall_ms = 2000\n"));
  Client client = daemon.connect();
  client.send(request("GET", "misbehave.test", "/response"));
  // Its head is out by the time it is stopped: only the connection's end can say it.
  EXPECT_NE(client.receiveBytes(1 << 20).find("200 OK"), std::string::npos);
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_limit_hits_total", {{"app", "misbehave"}}) == 1;
  }));
  EXPECT_EQ(daemon.get("misbehave.test", "/ok").body, "ok\n");
}

TEST(AHostileGuest, ThatNeverReadsItsBodyHoldsNothingUp) {
  Daemon daemon(hostileConfig("cpu_ms = 50\n"));
  Client client = daemon.connect();
  for (int i = 0; i < 20; ++i) {
    const Response response =
        client.ask(request("POST", "misbehave.test", "/ignore", std::string(20'000, 'x')));
    EXPECT_EQ(response.body, "whatever\n");
  }
  EXPECT_EQ(daemon.get("misbehave.test", "/ok").body, "ok\n");
}

/// How many kills: SKIFF_E2E_LARGE=1 asks for 10,000.
std::size_t kills() {
  return std::getenv("SKIFF_E2E_LARGE") != nullptr ? 10'000 : 400;
}

TEST(AHostileGuest, LeavesNothingBehindHoweverOftenItIsKilled) {
  Daemon daemon(hostileConfig("cpu_ms = 2\nqueue_ms = 60000\nmemory = \"16MiB\"\n"));
  const auto killMany = [&](std::size_t count) {
    LoadPlan plan;
    plan.port = daemon.port();
    plan.connections = 4;
    plan.requestsPerConnection = count / plan.connections;
    plan.next = [](std::mt19937& random) {
      static const char* const kTargets[] = {"/spin", "/grow", "/host-calls", "/fill"};
      const std::string target = kTargets[random() % 4];
      ExpectedExchange exchange;
      exchange.name = target;
      exchange.request = request("GET", "misbehave.test", target);
      exchange.status = 503;
      exchange.varying = "\"request_id\":\"";
      exchange.body =
          "{\"type\":\"about:blank\",\"title\":\"The app used more CPU time than one request "
          "may.\",\"status\":503,\"reason\":\"cpu_limit\",\"request_id\":\"\"}\n";
      return exchange;
    };
    const LoadResult result = runLoad(plan);
    EXPECT_EQ(result.failures, 0U)
        << (result.firstFailures.empty() ? "" : result.firstFailures.front());
  };
  // Between two collections of garbage a heap may grow by tens of MiB: the lowest of several
  // readings tells what is kept.
  const auto readingsAfter = [&](std::size_t count) {
    constexpr std::size_t kRounds = 5;
    std::size_t lowest = std::numeric_limits<std::size_t>::max();
    ProcessReadings readings;
    for (std::size_t round = 0; round < kRounds; ++round) {
      killMany(count / kRounds);
      readings = daemon.process().readings();
      lowest = std::min(lowest, readings.residentBytes);
    }
    readings.residentBytes = lowest;
    return readings;
  };
  const ProcessReadings before = readingsAfter(kills() / 2);
  const ProcessReadings after = readingsAfter(kills());
  EXPECT_LT(after.residentBytes, before.residentBytes + (std::size_t{kSanitized ? 256 : 32} << 20));
  EXPECT_LE(after.threads, before.threads + 8);  // made when wanted, kept for the next guest
  EXPECT_LE(after.descriptors, before.descriptors + 2);
  EXPECT_EQ(daemon.get("misbehave.test", "/ok").body, "ok\n");
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

}  // namespace
}  // namespace skiff::e2e
