#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <thread>

#include "tests/e2e/daemon.h"
#include "tests/e2e/load.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;

/// A load in the background; the destructor ends it.
class BackgroundLoad {
 public:
  explicit BackgroundLoad(LoadPlan plan) : plan_(std::move(plan)) {
    plan_.stop = &stop_;
    thread_ = std::thread([this] { result_ = runLoad(plan_); });
  }
  ~BackgroundLoad() { finish(); }
  const LoadResult& finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return result_;
  }

 private:
  LoadPlan plan_;
  std::atomic<bool> stop_{false};
  LoadResult result_;
  std::thread thread_;
};

/// A greeting that the configuration sets, so that its changes are seen.
AppText greeting(const std::string& name, const std::string& text) {
  return {name, "hello", "config = \"" + text + "\"\n", {}};
}

bool becomes(const Daemon& daemon, const std::string& host, const std::string& start) {
  return eventually([&] { return daemon.get(host).body.starts_with(start); });
}

TEST(AReload, AddsRemovesAndChangesAppsWithoutAFailedRequest) {
  ConfigText config;
  config.apps = {{"steady", "hello_wat", {}, {}}, greeting("changing", "greeting: before")};
  Daemon daemon(config);
  LoadPlan plan;
  plan.port = daemon.port();
  plan.connections = 16;
  plan.next = [](std::mt19937&) {
    return ExpectedExchange{
        "steady", request("GET", "steady.test", "/"), 200, "Hello from wasm", {}};
  };
  LoadPlan changingPlan = plan;
  changingPlan.connections = 4;
  changingPlan.next = [](std::mt19937&) {
    // The greeting is the one before or after a reload, and nothing else varies.
    return ExpectedExchange{"changing", request("GET", "changing.test", "/"), 200,
                            "greeting: before, you asked for /\n", "greeting: "};
  };
  BackgroundLoad steady(plan);
  BackgroundLoad changing(changingPlan);
  for (int round = 0; round < 3; ++round) {
    const std::string text = "greeting: round " + std::to_string(round);
    config.apps = {{"steady", "hello_wat", {}, {}}, greeting("changing", text)};
    config.apps.push_back({"added", "test/count", {}, {}});
    daemon.reload(config.text());
    EXPECT_TRUE(becomes(daemon, "changing.test", text));
    EXPECT_EQ(daemon.get("added.test").body, "memory=1 global=1\n");

    config.apps.pop_back();
    daemon.reload(config.text());
    EXPECT_TRUE(eventually([&] { return daemon.get("added.test").status == 404; }));
  }
  for (BackgroundLoad* load : {&steady, &changing}) {
    const LoadResult& result = load->finish();
    EXPECT_EQ(result.failures, 0u)
        << (result.firstFailures.empty() ? std::string() : result.firstFailures.front());
    EXPECT_GT(result.requests, 100u);
  }
  EXPECT_EQ(daemon.admin("/readyz").status, 200);
}

TEST(AReload, LetsRequestsUnderWayFinishInTheVersionTheyBeganIn) {
  ConfigText config;
  config.apps = {{"echo", "echo", {}, {}}};
  Daemon daemon(config);
  Client client = daemon.connect();
  client.send(
      "POST / HTTP/1.1\r\nHost: echo.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  config.apps = {greeting("echo", "not an echo")};
  daemon.reload(config.text());
  ASSERT_TRUE(becomes(daemon, "echo.test", "not an echo"));
  EXPECT_EQ(client.ask("done").body, "done");
  EXPECT_THAT(client.ask(request("GET", "echo.test", "/")).body, HasSubstr("not an echo"));
}

TEST(AReload, ThatIsBrokenLeavesEverythingAsItWas) {
  ConfigText config;
  config.apps = {greeting("hello", "steady")};
  Daemon daemon(config);
  daemon.reload("[server\n");
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "the reload is refused"), "");
  EXPECT_THAT(daemon.process().text(Process::Stream::error), HasSubstr("skiff.toml:1:"));
  EXPECT_THAT(daemon.get("hello.test").body, HasSubstr("steady"));

  config.apps = {greeting("hello", "changed"), {"gone", "/nowhere/gone.wasm", {}, {}}};
  daemon.reload(config.text());
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "/nowhere/gone.wasm"), "");
  EXPECT_THAT(daemon.get("hello.test").body, HasSubstr("steady"));

  config.apps.pop_back();
  daemon.reload(config.text());
  EXPECT_TRUE(becomes(daemon, "hello.test", "changed"));
}

TEST(AReload, ThatIsRefusedLeavesLimitsAsTheyWere) {
  ConfigText config;
  config.apps = {{"spin", "hostile/misbehave", {}, "cpu_ms = 30\n"}};
  Daemon daemon(config);
  config.apps = {{"spin", "hostile/misbehave", {}, "cpu_ms = 250000\n"},
                 {"gone", "/nowhere/gone.wasm", {}, {}}};
  daemon.reload(config.text());
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "the reload is refused"), "");
  EXPECT_EQ(daemon.get("spin.test", "/spin").field("skiff-reason"), "cpu_limit");

  // Nor is the limit of what is served now forgotten.
  config.apps = {{"spin", "hostile/misbehave", {}, "cpu_ms = 40\n"}, {"late", "hello_wat", {}, {}}};
  daemon.reload(config.text());
  EXPECT_TRUE(eventually([&] { return daemon.get("late.test").status == 200; }));
  config.apps = {{"gone", "/nowhere/else.wasm", {}, {}},
                 {"spin", "hostile/misbehave", {}, "cpu_ms = 250000\n"}};
  daemon.reload(config.text());
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "/nowhere/else.wasm"), "");
  EXPECT_EQ(daemon.get("spin.test", "/spin").field("skiff-reason"), "cpu_limit");
}

TEST(AReload, ChangesLimits) {
  ConfigText config;
  config.apps = {{"grow", "test/grow", {}, "memory = \"2MiB\"\n"}};
  Daemon daemon(config);
  EXPECT_EQ(daemon.get("grow.test").body, "32\n");
  config.apps.front().limits = "memory = \"4MiB\"\n";
  daemon.reload(config.text());
  EXPECT_TRUE(becomes(daemon, "grow.test", "64\n"));
}

TEST(AnInstanceThatIsNotUsed, IsGivenBackAndComesAgainWhenWanted) {
  ConfigText config;
  config.server = "shards = 1\nidle_instance_ms = 100\n";
  config.apps = {{"kept", "test/count", "min_instances = 2\n", {}}, {"idle", "hello_wat", {}, {}}};
  Daemon daemon(config);
  const auto instances = [&](const char* app) {
    return daemon.metrics().sum("skiff_instances", {{"app", app}});
  };
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(daemon.get("idle.test").body, "Hello from wasm");
    EXPECT_TRUE(eventually([&] { return instances("idle") == 0; }));
    EXPECT_EQ(instances("kept"), 2);
    EXPECT_EQ(daemon.get("kept.test").body, "memory=1 global=1\n");
  }
}

TEST(SigTerm, FinishesWhatIsInFlightAndTakesNothingNew) {
  ConfigText config;
  config.apps = {{"echo", "echo", {}, {}}, {"sleep", "test/sleep", {}, {}}};
  Daemon daemon(config);
  Client echoing = daemon.connect();
  echoing.send(
      "POST / HTTP/1.1\r\nHost: echo.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(echoing.receive().status, 100);
  Client sleeping = daemon.connect();
  sleeping.send(request("GET", "sleep.test", "/?ms=1500"));
  Client idle = daemon.connect();
  EXPECT_EQ(idle.ask(request("GET", "sleep.test", "/?ms=1")).status, 200);
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"state", "busy"}}) == 2;
  }));

  daemon.process().signal(SIGTERM);
  ASSERT_NE(daemon.process().waitForLine(Process::Stream::error, "draining"), "");
  EXPECT_TRUE(idle.isClosed());
  EXPECT_TRUE(eventually([&] {
    try {
      daemon.connect();
      return false;
    } catch (const ClientError&) {
      return true;
    }
  })) << "it still takes connections";
  EXPECT_EQ(daemon.admin("/readyz").status, 503);
  const Response echoed = echoing.ask("done");
  EXPECT_EQ(echoed.body, "done");
  EXPECT_FALSE(echoed.keepsConnection);
  EXPECT_EQ(sleeping.receive().body, "1500\n");
  EXPECT_EQ(daemon.process().wait(), (Ending{0, 0}));
}

TEST(SigTerm, FailsReadinessAtOnceAndGoesOnToAnswerOperators) {
  ConfigText config;
  config.apps = {{"sleep", "test/sleep", {}, {}}};
  Daemon daemon(config);
  Client client = daemon.connect();
  client.send(request("GET", "sleep.test", "/?ms=25000"));
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"state", "busy"}}) == 1;
  }));
  Client kept(daemon.adminPort());
  EXPECT_EQ(kept.ask(request("GET", "127.0.0.1", "/readyz")).status, 200);
  daemon.process().signal(SIGTERM);
  ASSERT_NE(daemon.process().waitForLine(Process::Stream::error, "draining"), "");
  const Response ready = kept.ask(request("GET", "127.0.0.1", "/readyz"));
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.body, HasSubstr("draining"));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(daemon.admin("/readyz").status, 503);
    EXPECT_EQ(daemon.admin("/healthz").status, 200);
    EXPECT_EQ(daemon.metrics().sum("skiff_instances", {{"state", "busy"}}), 1);
  }
  daemon.process().signal(SIGTERM);
  EXPECT_EQ(client.receive().field("skiff-reason"), "drained");
  EXPECT_EQ(daemon.process().wait(), (Ending{0, 0}));
}

TEST(SigTerm, LetsAConnectionAskOnceMoreThenEndsIt) {
  ConfigText config;
  config.server = "shards = 1\ndrain_idle_ms = 60000\n";
  config.apps = {{"hello", "hello_wat", {}, {}}};
  Daemon daemon(config);
  Client used = daemon.connect();
  const Response before = used.ask(request("GET", "hello.test", "/"));
  EXPECT_TRUE(before.keepsConnection);
  Client unused = daemon.connect();
  daemon.process().signal(SIGTERM);
  ASSERT_NE(daemon.process().waitForLine(Process::Stream::error, "draining"), "");
  for (Client* client : {&used, &unused}) {
    // The shard hears of the drain a moment after the log.
    EXPECT_TRUE(eventually([&] {
      const Response last = client->ask(request("GET", "hello.test", "/"));
      EXPECT_EQ(last.status, 200);
      return !last.keepsConnection;
    }));
    EXPECT_TRUE(client->isClosed());
  }
  EXPECT_EQ(daemon.process().wait(), (Ending{0, 0}));
}

TEST(SigTerm, ClosesIdleConnectionsWhenTheirTimeIsOver) {
  ConfigText config;
  config.server = "drain_idle_ms = 50\n";
  config.apps = {{"hello", "hello_wat", {}, {}}};
  Daemon daemon(config);
  Client idle = daemon.connect();
  EXPECT_EQ(idle.ask(request("GET", "hello.test", "/")).status, 200);
  daemon.process().signal(SIGTERM);
  EXPECT_TRUE(idle.isClosed());
  EXPECT_EQ(daemon.process().wait(), (Ending{0, 0}));
}

TEST(SigTerm, EndsWhatIsStillInFlightWhenTheDrainsTimeIsOver) {
  ConfigText config;
  config.server = "drain_timeout_ms = 300\n";
  config.apps = {{"sleep", "test/sleep", {}, {}}};
  Daemon daemon(config);
  Client client = daemon.connect();
  client.send(request("GET", "sleep.test", "/?ms=25000"));
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"state", "busy"}}) == 1;
  }));
  daemon.process().signal(SIGTERM);
  const Response response = client.receive();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.field("skiff-reason"), "drained");
  EXPECT_EQ(daemon.process().wait(), (Ending{0, 0}));
  EXPECT_THAT(daemon.process().text(Process::Stream::output), HasSubstr("\"reason\":\"drained\""));
}

TEST(SigTerm, EndsAGuestThatStillComputesWhenTheDrainsTimeIsOver) {
  ConfigText config;
  config.server = "shards = 1\ndrain_timeout_ms = 300\n";
  config.limits = "cpu_ms = 300000\nwall_ms = 600000\n";
  config.apps = {{"spin", "test/spin", {}, {}}};
  Daemon daemon(config);
  Client client = daemon.connect();
  client.send(request("GET", "spin.test", "/"));
  daemon.process().signal(SIGTERM);
  // It may come before the request was read: then there is nothing to end.
  try {
    EXPECT_EQ(client.receive().field("skiff-reason"), "drained");
  } catch (const ClientError&) {
  }
  EXPECT_EQ(daemon.process().wait(std::chrono::seconds(15)), (Ending{0, 0}));
}

TEST(SigTerm, ASecondTimeDoesNotWait) {
  ConfigText config;
  config.apps = {{"sleep", "test/sleep", {}, {}}};
  Daemon daemon(config);
  Client client = daemon.connect();
  client.send(request("GET", "sleep.test", "/?ms=25000"));
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"state", "busy"}}) == 1;
  }));
  daemon.process().signal(SIGTERM);
  ASSERT_NE(daemon.process().waitForLine(Process::Stream::error, "draining"), "");
  daemon.process().signal(SIGTERM);
  EXPECT_EQ(daemon.process().wait(std::chrono::seconds(10)), (Ending{0, 0}));
}

TEST(SigInt, EndsAnIdleDaemonAtOnce) {
  ConfigText config;
  config.apps = {{"hello", "hello", {}, {}}};
  Daemon daemon(config);
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  daemon.process().signal(SIGINT);
  EXPECT_EQ(daemon.process().wait(std::chrono::seconds(10)), (Ending{0, 0}));
}

}  // namespace
}  // namespace skiff::e2e
