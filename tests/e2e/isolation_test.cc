#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "tests/e2e/daemon.h"
#include "tests/e2e/load.h"

namespace skiff::e2e {
namespace {

/// One shard, which any guest could hold up, and two tenants.
ConfigText config() {
  ConfigText text;
  text.server = "shards = 1\n";
  text.limits = "cpu_ms = 200000\nwall_ms = 200000\nqueue_ms = 60000\n";
  text.apps = {{"noisy", "hostile/misbehave", {}, {}, "noisy"},
               {"echo", "echo", {}, {}, "quiet"},
               {"hello", "hello_wat", {}, {}, "quiet"}};
  return text;
}

/// Guests that compute for as long as they live.
class Spinners {
 public:
  Spinners(const Daemon& daemon, std::size_t count, const std::string& target = "/spin") {
    for (std::size_t i = 0; i < count; ++i) {
      clients_.push_back(daemon.connect());
      clients_.back().send(request("GET", "noisy.test", target));
    }
  }

 private:
  std::vector<Client> clients_;
};

TEST(AGuestThatComputes, DoesNotHoldUpItsShard) {
  Daemon daemon(config());
  const Spinners spinners(daemon, 4);
  // Each of these would wait for minutes.
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(daemon.get("hello.test").status, 200);
    EXPECT_EQ(daemon.connect().ask(request("POST", "echo.test", "/", "body")).body, "body");
  }
  EXPECT_GE(daemon.metrics().sum("skiff_handoffs_total"), 1);
}

TEST(AGuestThatComputes, DoesNotHoldUpItsShardByCallingTheHostEither) {
  Daemon daemon(config());
  const Spinners spinners(daemon, 2, "/host-calls");
  for (int i = 0; i < 50; ++i) EXPECT_EQ(daemon.get("hello.test").status, 200);
}

TEST(ATenantsGuestsThatCompute, HoldUpNoShardOnceTheyHaveAllTheThreadsThatTheyMay) {
  ConfigText text = config();
  // A quarter of the threads beside the shards.
  const int most = static_cast<int>(std::max(64U, 8 * std::thread::hardware_concurrency()) / 4);
  for (int i = 0; i < most + 2; ++i) {
    text.apps.push_back({"noisy" + std::to_string(i), "hostile/misbehave", {}, {}, "noisy"});
  }
  text.apps.push_back({"other", "hostile/misbehave", {}, {}, "other"});
  Daemon daemon(text);
  std::vector<Client> clients;
  for (int i = 0; i < most; ++i) {
    clients.push_back(daemon.connect());
    clients.back().send(request("GET", "noisy" + std::to_string(i) + ".test", "/spin"));
    ASSERT_TRUE(eventually([&] { return daemon.metrics().sum("skiff_handoffs_total") > i; })) << i;
  }
  for (int i = most; i < most + 2; ++i) {
    const std::string app = "noisy" + std::to_string(i);
    const Response response = daemon.get(app + ".test", "/spin");
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.field("skiff-reason"), "overloaded");
    EXPECT_EQ(response.field("retry-after"), "1");
    EXPECT_EQ(daemon.get(app + ".test", "/ok").body, "ok\n") << "what is brief goes on";
  }
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  // Another tenant's guest finds a thread.
  EXPECT_EQ(daemon.get("other.test", "/work?steps=20000000").body, "done\n");
  EXPECT_EQ(daemon.metrics().sum("skiff_handoffs_total"), most + 1);
}

TEST(AShard, GoesOnWhileItsThreadsChange) {
  ConfigText text = config();
  text.limits = "cpu_ms = 2\nqueue_ms = 60000\n";
  // Forecasts come to nothing when brief requests outnumber those that overrun.
  text.apps.push_back({"mixed", "hostile/misbehave", {}, {}, "mixed"});
  Daemon daemon(text);
  LoadPlan plan;
  plan.port = daemon.port();
  plan.connections = 8;
  plan.requestsPerConnection = 400;
  plan.next = [](std::mt19937& random) {
    ExpectedExchange exchange;
    const unsigned kind = random() % 32;
    if (kind == 0) {
      exchange.name = "overrun";
      exchange.request = request("GET", "mixed.test", "/work?steps=800000");
      exchange.body = "done\n";
    } else if (kind < 20) {
      exchange.name = "brief";
      exchange.request = request("GET", "mixed.test", "/work?steps=1000");
      exchange.body = "done\n";
    } else {
      exchange.name = "echo";
      exchange.request = request("POST", "echo.test", "/", std::string(random() % 5000, 'e'));
      exchange.body = exchange.request.substr(exchange.request.find("\r\n\r\n") + 4);
    }
    return exchange;
  };
  const LoadResult result = runLoad(plan);
  // A slow machine may stop what takes longer than 2 ms: that is no failure of what is tested here.
  EXPECT_LT(result.failures, result.requests / 16);
  EXPECT_GE(daemon.metrics().sum("skiff_handoffs_total"), 1);
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST(AGuestThatIsAway, AnswersAndReadsAndWaitsAsUsual) {
  ConfigText text = config();
  Daemon daemon(text);
  // It computes long enough to be taken off its shard each time, then rests, then goes on.
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(daemon.get("noisy.test", "/rest?times=3&steps=5000000").body, "rested\n");
    EXPECT_EQ(daemon.get("noisy.test", "/work?steps=5000000").body, "done\n");
  }
}

TEST(AGuestThatIsAway, MayLoseItsClient) {
  Daemon daemon(config());
  for (int i = 0; i < 3; ++i) {
    Client client = daemon.connect();
    client.send(request("GET", "noisy.test", "/work?steps=2000000000"));
    EXPECT_TRUE(eventually([&] {
      return daemon.metrics().sum("skiff_connections", {{"state", "active"}}) == 1;
    }));
    client.reset();
    EXPECT_TRUE(eventually([&] {
      return daemon.metrics().sum("skiff_connections", {{"state", "active"}}) == 0;
    }));
  }
  EXPECT_EQ(daemon.get("noisy.test", "/ok").body, "ok\n");
}

TEST(AGuestThatIsAway, IsEndedWithoutAWordWhenItsClientEndsItsSide) {
  Daemon daemon(config());
  Client client = daemon.connect();
  client.send(request("GET", "noisy.test", "/spin"));
  EXPECT_TRUE(eventually([&] { return daemon.metrics().sum("skiff_handoffs_total") == 1; }));
  client.finishSending();
  EXPECT_TRUE(client.isClosed()) << "there is nobody to answer";
  EXPECT_EQ(daemon.accessLine("\"app\":\"noisy\"").value("reason"), "client_gone");
}

/// A tenant of a hundred times the weight of others, whose requests always wait for turns, each of
/// which is short.
class Neighbours {
 public:
  static std::string addTo(const ConfigText& text) {
    ConfigText with = text;
    for (int i = 0; i < kApps; ++i) {
      with.apps.push_back({"busy" + std::to_string(i), "hostile/misbehave", {}, {}, "busy"});
    }
    std::string configuration = with.text();
    const std::string name = "name = \"busy\"\n";
    configuration.insert(configuration.find(name) + name.size(), "[tenant.limits]\nweight = 100\n");
    return configuration;
  }

  explicit Neighbours(const Daemon& daemon) {
    for (int i = 0; i < kApps; ++i) {
      std::string many;
      for (int j = 0; j < kRequests; ++j) {
        many += request("GET", "busy" + std::to_string(i) + ".test", "/work?steps=300000");
      }
      clients_.push_back(daemon.connect());
      clients_.back().send(many);
    }
    EXPECT_TRUE(eventually([&] {
      return daemon.metrics().sum("skiff_requests_total", {{"tenant", "busy"}}) > 20;
    }));
  }

 private:
  // A client each, so that none waits for another's instance. They send ahead what takes seconds,
  // and read nothing, for which the system has room.
  static constexpr int kApps = 32;
  static constexpr int kRequests = 400;
  std::vector<Client> clients_;
};

TEST(AGuestThatIsAway, DoesNotHoldUpTheEndOfAnotherRequest) {
  ConfigText text = config();
  text.limits = "cpu_ms = 200000\nwall_ms = 2500\n";
  text.apps.push_back({"sleep", "test/sleep", {}, {}, "quiet"});
  Daemon daemon(text);
  const auto begin = std::chrono::steady_clock::now();
  Client resting = daemon.connect();
  resting.send(request("GET", "noisy.test", "/rest?times=1000000"));
  EXPECT_EQ(daemon.get("sleep.test", "/?ms=1500").body, "1500\n");
  // It computes for as long, but ends so much later.
  Client computing = daemon.connect();
  computing.send(request("GET", "noisy.test", "/spin"));
  EXPECT_EQ(resting.receive().field("skiff-reason"), "wall_limit");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(3500));
  EXPECT_TRUE(resting.isClosed());
  EXPECT_EQ(computing.receive().field("skiff-reason"), "wall_limit");
  EXPECT_EQ(daemon.get("noisy.test", "/ok").body, "ok\n");
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"app", "noisy"}, {"state", "busy"}}) == 0;
  }));
}

TEST(AGuestThatIsAway, CostsItsTenantNoTurnsOnTheShard) {
  ConfigText text = config();
  text.apps.push_back({"brief", "hello_wat", {}, {}, "noisy"});
  Daemon daemon(Neighbours::addTo(text));
  // A hundred times this time is what its neighbours would have to use before its tenant had a
  // turn.
  EXPECT_EQ(daemon.get("noisy.test", "/work?steps=300000000").body, "done\n");
  EXPECT_GE(daemon.metrics().sum("skiff_handoffs_total"), 1);
  const Neighbours neighbours(daemon);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(daemon.get("brief.test").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST(ARequest, WaitsForItsTurnNoLongerThanForAnythingElse) {
  ConfigText text = config();
  text.apps = {{"light", "hostile/misbehave", {}, "queue_ms = 1\n", "light"}};
  Daemon daemon(Neighbours::addTo(text));
  const Neighbours neighbours(daemon);
  // Each turn that it has lets its neighbours have ten, if it asks again at once.
  Response refused = daemon.get("light.test", "/work?steps=300000");
  for (int i = 0; i < 200 && refused.status == 200; ++i) {
    refused = daemon.get("light.test", "/work?steps=300000");
  }
  EXPECT_EQ(refused.field("skiff-reason"), "overloaded");
}

/// Apps of one tenant, each known to overrun, so that its guests begin beside the shard; of one
/// more than may run there, each but the last has a guest that computes for ever.
class AFullHouse : public ::testing::Test {
 protected:
  static constexpr int kThreads = 16;  ///< that one tenant may have

  void fill(const std::string& limitsOfLast) {
    ConfigText text = config();
    text.apps = {{"hello", "hello_wat", {}, {}, "quiet"}};
    for (int i = 0; i <= kThreads; ++i) {
      text.apps.push_back({name(i),
                           "hostile/misbehave",
                           {},
                           i == kThreads ? limitsOfLast : std::string(),
                           "noisy"});
    }
    daemon_.emplace(text);
    for (int i = 0; i <= kThreads; ++i) {
      for (int overruns = 0; overruns < 2; ++overruns) {
        EXPECT_EQ(daemon_->get(name(i) + ".test", "/work?steps=5000000").body, "done\n");
      }
    }
    for (int i = 0; i < kThreads; ++i) {
      spinners_.push_back(daemon_->connect());
      spinners_.back().send(request("GET", name(i) + ".test", "/spin"));
    }
    EXPECT_TRUE(eventually([&] { return active() >= kThreads; }));
    EXPECT_EQ(daemon_->get("hello.test").status, 200) << "the shard has sent them away";
  }
  static std::string name(int i) { return "app" + std::to_string(i); }
  static std::string last() { return name(kThreads) + ".test"; }
  double active() const {
    return daemon_->metrics().sum("skiff_connections", {{"state", "active"}});
  }

  std::optional<Daemon> daemon_;
  std::vector<Client> spinners_;
};

TEST_F(AFullHouse, IsWaitedForNoLongerThanTheQueueTime) {
  fill("queue_ms = 100\n");
  const Response refused = daemon_->get(last(), "/ok");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("skiff-reason"), "overloaded");
  EXPECT_GE(std::stod(daemon_->accessLineOf(refused).value("queue_ms")), 100);
  EXPECT_EQ(daemon_->get("hello.test").status, 200);
}

TEST_F(AFullHouse, IsWaitedForNoLongerThanTheWallTime) {
  fill("wall_ms = 100\n");
  const Response refused = daemon_->get(last(), "/ok");
  EXPECT_EQ(refused.status, 504);
  EXPECT_EQ(refused.field("skiff-reason"), "wall_limit");
}

TEST_F(AFullHouse, IsLeftByWhoeverHasGone) {
  fill({});
  Client client = daemon_->connect();
  client.send(request("GET", last(), "/ok"));
  EXPECT_TRUE(eventually([&] { return active() >= kThreads + 1; }));
  client.reset();
  EXPECT_EQ(daemon_->accessLine("\"reason\":\"client_gone\"").value("app"), name(kThreads));
  EXPECT_TRUE(eventually([&] { return active() == kThreads; }));
  spinners_.clear();
  EXPECT_EQ(daemon_->get(last(), "/ok").body, "ok\n") << "all is as it was";
}

TEST(AppsOfATenant, ShareWhatItGetsByTheirWeights) {
  ConfigText text;
  text.server = "shards = 1\n";
  text.limits = "cpu_ms = 200000\nwall_ms = 3000\nqueue_ms = 60000\n";
  // An app has one guest at a time on a shard.
  for (const char* weight : {"1", "4"}) {
    for (const char* name : {"a", "b", "c"}) {
      text.apps.push_back({name + std::string(weight),
                           "hostile/misbehave",
                           {},
                           "weight = " + std::string(weight) + "\n"});
    }
  }
  Daemon daemon(text);
  std::vector<Client> clients;
  for (const AppText& app : text.apps) {
    clients.push_back(daemon.connect());
    clients.back().send(request("GET", app.name + ".test", "/spin"));
  }
  for (Client& client : clients) EXPECT_EQ(client.receive().field("skiff-reason"), "wall_limit");
  // The last one's answer may be here before it is counted.
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_limit_hits_total", {{"reason", "wall_limit"}}) == 6;
  }));
  const MetricsPage metrics = daemon.metrics();
  double light = 0;
  double heavy = 0;
  for (const AppText& app : text.apps) {
    (app.name[1] == '1' ? light : heavy) +=
        metrics.sum("skiff_guest_cpu_seconds_total", {{"app", app.name}});
  }
  EXPECT_GT(heavy, 1.8 * light);
  EXPECT_LT(heavy, 6 * light);
}

TEST(AServerThatEnds, BringsGuestsHomeThatAreAway) {
  Daemon daemon(config());
  const Spinners spinners(daemon, 6);
  EXPECT_TRUE(eventually([&] { return daemon.metrics().sum("skiff_handoffs_total") >= 1; }));
  daemon.process().signal(SIGTERM);
  EXPECT_FALSE(daemon.process().waitForLine(Process::Stream::error, "draining").empty());
  daemon.process().signal(SIGTERM);
  EXPECT_EQ(daemon.process().wait(), (Ending{0, 0}));
}

}  // namespace
}  // namespace skiff::e2e
