#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/e2e/daemon.h"
#include "tests/e2e/held.h"
#include "tests/e2e/load.h"

namespace skiff::e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kOneShard = "shards = 1\n";

TEST(TheRate, RefusesWhatIsTooMuchAndSaysWhenToComeBack) {
  ConfigText config;
  config.apps = {{"hello", "hello_wat", {}, "rate = 1\nrate_burst = 3\n"},
                 {"other", "hello_wat", {}, {}}};
  Daemon daemon(config);
  int admitted = 0;
  Response refused;
  for (int i = 0; i < 8; ++i) {
    const Response response = daemon.get("hello.test");
    if (response.status == 200) {
      ++admitted;
    } else {
      refused = response;
    }
  }
  EXPECT_GE(admitted, 3);
  EXPECT_LE(admitted, 5) << "a few may have flowed in meanwhile";
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.field("skiff-reason"), "rate_limit");
  EXPECT_EQ(refused.field("retry-after"), "1");
  EXPECT_EQ(daemon.accessLineOf(refused).value("reason"), "rate_limit");
  EXPECT_EQ(
      daemon.metrics().sum("skiff_limit_hits_total", {{"app", "hello"}, {"reason", "rate_limit"}}),
      8 - admitted);
  EXPECT_EQ(daemon.get("other.test").status, 200) << "an app's own rate";
}

TEST(TheRate, OfATenantIsThatOfItsAppsTogetherAndOnAllShards) {
  Daemon daemon(
      "[server]\nlisten = [\"127.0.0.1:0\"]\nshards = 3\n[admin]\nlisten = \"127.0.0.1:0\"\n"
      "[[tenant]]\nname = \"acme\"\n[tenant.limits]\nrate = 1\nrate_burst = 10\n"
      "[[tenant.app]]\nname = \"a\"\nmodule = \"" +
      guestFile("hello_wat") +
      "\"\nroutes = [\"a.test/*\"]\n[[tenant.app]]\nname = \"b\"\nmodule = \"" +
      guestFile("hello_wat") + "\"\nroutes = [\"b.test/*\"]\n");
  int admitted = 0;
  for (int i = 0; i < 40; ++i) {
    admitted += daemon.get(i % 2 == 0 ? "a.test" : "b.test").status == 200 ? 1 : 0;
  }
  EXPECT_GE(admitted, 10);
  EXPECT_LE(admitted, 14);
}

TEST(TheRate, CountsARequestWhenItsHeadHasCome) {
  ConfigText config;
  config.server = kOneShard;
  config.apps = {{"hello", "hello_wat", {}, "rate = 1\nrate_burst = 1\n"},
                 {"sleep", "test/sleep", {}, {}}};
  Daemon daemon(config);
  Client slow = daemon.connect();
  slow.send("GET / HTTP/1.1\r\nHost: hello");
  EXPECT_EQ(daemon.get("sleep.test", "/?ms=1").status, 200) << "its first bytes have been read";
  EXPECT_EQ(daemon.get("hello.test").status, 200) << "takes what is there";
  EXPECT_EQ(daemon.get("sleep.test", "/?ms=1100").status, 200) << "more has flowed in";
  EXPECT_EQ(slow.ask(".test\r\n\r\n").status, 200);
}

TEST(TheConcurrency, IsExactOverAllShardsAndWaitsForAPlace) {
  ConfigText config;
  config.server = "shards = 3\n";
  config.limits = "queue_ms = 30000\n";
  config.apps = {{"echo", "echo", {}, "concurrency = 2\n"}};
  Daemon daemon(config);
  Held first(daemon, "echo.test");
  Held second(daemon, "echo.test");
  std::vector<Client> waiting;
  for (int i = 0; i < 6; ++i) {
    waiting.push_back(daemon.connect());
    waiting.back().send(request("POST", "echo.test", "/" + std::to_string(i), "later"));
  }
  EXPECT_EQ(first.finish().body, "done");
  for (Client& client : waiting) EXPECT_EQ(client.receive().body, "later");
  EXPECT_EQ(second.finish().body, "done");
  EXPECT_GE(daemon.metrics().sum("skiff_queue_seconds_count"), 1);
  EXPECT_NE(daemon.accessLine("\"queue_ms\":").value("queue_ms"), "");
}

TEST(TheConcurrency, GivesPlacesToTheRequestsOfAllShardsInTurn) {
  ConfigText config;
  config.server = "shards = 3\n";
  config.limits = "queue_ms = 1000\n";
  config.apps = {{"sleep", "test/sleep", {}, "concurrency = 1\n"}};
  Daemon daemon(config);
  LoadPlan plan;
  plan.port = daemon.port();
  plan.connections = 24;
  plan.duration = std::chrono::seconds(5);
  plan.next = [](std::mt19937&) {
    return ExpectedExchange{"sleep", request("GET", "sleep.test", "/?ms=1"), 200, "1\n", {}};
  };
  const LoadResult result = runLoad(plan);
  EXPECT_EQ(result.failures, 0U) << (result.firstFailures.empty() ? "" : result.firstFailures[0]);
  EXPECT_GT(result.requests, 24U);
}

TEST(TheConcurrency, RefusesAtOnceWhereNothingMayWait) {
  ConfigText config;
  config.limits = "queue_ms = 0\n";
  config.apps = {{"echo", "echo", {}, "concurrency = 1\n"}};
  Daemon daemon(config);
  Held held(daemon, "echo.test");
  const Response refused = daemon.get("echo.test");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.field("skiff-reason"), "concurrency_limit");
  EXPECT_EQ(held.finish().body, "done");
}

TEST(TheConcurrency, RefusesEachThatWaitedTooLongAlsoBehindOthers) {
  ConfigText config;
  config.server = kOneShard;
  config.limits = "queue_ms = 200\n";
  config.apps = {{"echo", "echo", {}, "concurrency = 1\n"}};
  Daemon daemon(config);
  Held held(daemon, "echo.test");
  std::vector<Client> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(daemon.connect());
    waiting.back().send(request("POST", "echo.test", "/", "late"));
  }
  for (Client& client : waiting) {
    const Response refused = client.receive();
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.field("skiff-reason"), "concurrency_limit");
  }
  EXPECT_EQ(held.finish().body, "done");
}

TEST(AWaitingRequest, IsEndedByItsWallTimeIfThatIsOverFirst) {
  Daemon daemon(
      "[server]\nlisten = [\"127.0.0.1:0\"]\nshards = 1\n[admin]\nlisten = \"127.0.0.1:0\"\n"
      "[limits]\nqueue_ms = 60000\n[[tenant]]\nname = \"acme\"\n[tenant.limits]\n"
      "concurrency = 1\n[[tenant.app]]\nname = \"a\"\nmodule = \"" +
      guestFile("echo") + "\"\nroutes = [\"a.test/*\"]\n[[tenant.app]]\nname = \"b\"\nmodule = \"" +
      guestFile("echo") + "\"\nroutes = [\"b.test/*\"]\n[tenant.app.limits]\nwall_ms = 100\n");
  Held held(daemon, "a.test");
  const Response ended = daemon.get("b.test");
  EXPECT_EQ(ended.status, 504);
  EXPECT_EQ(ended.field("skiff-reason"), "wall_limit");
  EXPECT_EQ(held.finish().body, "done");
}

TEST(TheCpuShare, RefusesAlsoThoseThatWereAdmittedBeforeItWasUsedUp) {
  ConfigText config;
  config.server = kOneShard;
  config.limits = "cpu_ms = 10000\nwall_ms = 600000\nqueue_ms = 4000\n";
  config.apps = {
      {"spin", "hostile/misbehave", "max_instances = 1\n", "cpu_share = 1\ncpu_burst_ms = 50\n"}};
  Daemon daemon(config);
  Client running = daemon.connect();
  running.send(request("GET", "spin.test", "/spin"));
  Client waiting = daemon.connect();
  waiting.send(request("GET", "spin.test", "/ok"));
  const Response refused = waiting.receive();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.field("skiff-reason"), "cpu_quota");
  EXPECT_NE(refused.field("retry-after"), "");
}

TEST(TheCpuShare, PausesGuestsAndRefusesWithTheTimeUntilThereIsSomeAgain) {
  ConfigText config;
  config.server = kOneShard;
  config.limits = "cpu_ms = 1000\nqueue_ms = 0\n";
  config.apps = {
      {"spin", "hostile/misbehave", {}, "cpu_ms = 300\ncpu_share = 100\ncpu_burst_ms = 100\n"},
      {"other", "hello_wat", {}, {}, "globex"}};
  Daemon daemon(config);
  const auto begin = Clock::now();
  EXPECT_EQ(daemon.get("spin.test", "/spin").field("skiff-reason"), "cpu_limit");
  // 100 ms were saved up; 200 more come at a tenth of a core. It was not killed for that.
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(1900));
  const auto throttled = [&] {
    return daemon.metrics().sum("skiff_cpu_throttled_seconds_total", {{"tenant", "acme"}});
  };
  // On a machine that gives it less than its share, it need not be paused.
  EXPECT_TRUE(eventually([&] {
    if (throttled() <= 0.1) daemon.get("spin.test", "/spin");
    return throttled() > 0.1;
  }));

  Client running = daemon.connect();
  running.send(request("GET", "spin.test", "/spin"));
  Response refused;
  EXPECT_TRUE(eventually([&] {
    refused = daemon.get("spin.test", "/ok");
    return refused.field("skiff-reason") == "cpu_quota";
  }));
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.field("retry-after"), "");
  EXPECT_EQ(daemon.get("other.test").status, 200);
}

TEST(AChangedLimit, HoldsForRequestsInFlight) {
  const auto config = [](int cpuMs) {
    ConfigText text;
    text.apps = {{"spin", "hostile/misbehave", {}, "cpu_ms = " + std::to_string(cpuMs) + "\n"}};
    return text.text();
  };
  Daemon daemon(config(250'000));
  Client running = daemon.connect();
  running.send(request("GET", "spin.test", "/spin"));
  EXPECT_TRUE(eventually([&] { return daemon.metrics().sum("skiff_handoffs_total") == 1; }))
      << "it runs";
  const auto begin = Clock::now();
  daemon.reload(config(30));
  EXPECT_EQ(running.receive().field("skiff-reason"), "cpu_limit");
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(5));
}

TEST(AnInitialisation, CountsAlsoIfTheRequestFailsInIt) {
  const auto config = [](int cpuMs) {
    ConfigText text;
    text.server = kOneShard;
    text.apps = {{"slow", "test/slow_start", {}, "cpu_ms = " + std::to_string(cpuMs) + "\n"}};
    return text.text();
  };
  Daemon daemon(config(60'000));
  EXPECT_EQ(daemon.get("slow.test").body, "started\n");
  daemon.reload(config(10));
  Response failed;
  EXPECT_TRUE(eventually([&] {
    failed = daemon.get("slow.test");
    return failed.field("skiff-reason") == "cpu_limit";
  }));
  EXPECT_GE(std::stod(daemon.accessLineOf(failed).value("cpu_ms")), 10);
  // Its like begin beside the shard from now on: their instances are not made by the loop.
  daemon.get("slow.test");
  const double handOffs = daemon.metrics().sum("skiff_handoffs_total");
  daemon.get("slow.test");
  EXPECT_EQ(daemon.metrics().sum("skiff_handoffs_total"), handOffs);
}

TEST(Overload, NeverStarvesOperators) {
  ConfigText config;
  config.limits = "cpu_ms = 1000\nqueue_ms = 60000\n";
  config.apps = {{"spin", "hostile/misbehave", {}, {}}};
  Daemon daemon(config);
  std::vector<Client> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(daemon.connect());
    clients.back().send(request("GET", "spin.test", "/spin"));
  }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(daemon.admin("/healthz").status, 200);
    EXPECT_EQ(daemon.admin("/readyz").status, 200);
    EXPECT_EQ(daemon.admin("/metrics").status, 200);
  }
  daemon.process().signal(SIGTERM);
  EXPECT_FALSE(daemon.process().waitForLine(Process::Stream::error, "draining").empty());
  daemon.process().signal(SIGTERM);  // does not wait for them
  EXPECT_EQ(daemon.process().wait(), (Ending{0, 0}));
}

TEST(TheWallTime, ChangesForRequestsThatWait) {
  ConfigText config;
  config.limits = "wall_ms = 60000\n";
  config.apps = {{"sleep", "test/sleep", {}, {}}};
  Daemon daemon(config);
  Client client = daemon.connect();
  client.send(request("GET", "sleep.test", "/?ms=50000"));
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"state", "busy"}}) == 1;
  }));
  config.limits = "wall_ms = 1\n";
  daemon.reload(config.text());
  EXPECT_EQ(client.receive().field("skiff-reason"), "wall_limit");
}

TEST(TheRequestBody, IsHeldToALimitThatIsLoweredOnItsWay) {
  const auto config = [](const std::string& requestBody) {
    ConfigText text;
    text.apps = {{"reader", "test/slowread", {}, "request_body = \"" + requestBody + "\"\n"}};
    return text.text();
  };
  Daemon daemon(config("1MiB"));
  Client client = daemon.connect();
  client.send(
      "POST /?ms=1 HTTP/1.1\r\nHost: reader.test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "258\r\n" +
      std::string(600, 'x') + "\r\n");
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"state", "busy"}}) == 1;
  }));
  daemon.reload(config("512B"));
  const Response refused = client.receive();
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.field("skiff-reason"), "body_too_large");
  EXPECT_EQ(daemon.accessLineOf(refused).value("reason"), "body_too_large");
}

}  // namespace
}  // namespace skiff::e2e
