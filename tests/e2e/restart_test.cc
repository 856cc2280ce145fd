// One process takes another one's place: nobody who asks notices.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <thread>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/askers.h"
#include "tests/e2e/daemon.h"
#include "tests/e2e/load.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kHello = "Hello from wasm";

/// SKIFF_E2E_LARGE=1 asks for 100.
int rounds() {
  return std::getenv("SKIFF_E2E_LARGE") != nullptr ? 100 : 5;
}

void expectHello(const Response& response) {
  if (response.status != 200 || response.body != kHello) {
    throw std::runtime_error("status " + std::to_string(response.status) + ": " + response.body);
  }
}

/// Keeps its connection until it is told that it ends.
class KeptConnection {
 public:
  explicit KeptConnection(std::uint16_t port) : port_(port) {}
  void ask() {
    if (!client_) client_.emplace(port_);
    try {
      const Response response = client_->ask(request("GET", "hello.test", "/"));
      if (!response.keepsConnection) client_.reset();
      expectHello(response);
    } catch (...) {
      client_.reset();
      throw;
    }
  }

 private:
  std::uint16_t port_;
  std::optional<Client> client_;
};

ConfigText helloConfig(const std::string& server = {}) {
  ConfigText config;
  config.server = "access_log = \"off\"\n" + server;
  config.apps = {{"hello", "hello_wat", {}, {}}};
  return config;
}

void startNewConnections(Askers& askers, const Daemon& daemon, std::chrono::milliseconds pause) {
  askers.start(pause, [&daemon] { expectHello(daemon.get("hello.test")); });
}

ConfigText sleepConfig() {
  ConfigText config = helloConfig();
  config.apps.push_back({"sleep", "test/sleep", {}, {}});
  return config;
}

/// One who waits for an answer from sleepConfig()'s guest.
Client askSlowly(const Daemon& daemon, std::chrono::milliseconds time) {
  Client slow = daemon.connect();
  slow.send(request("GET", "sleep.test", "/?ms=" + std::to_string(time.count())));
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"state", "busy"}}) == 1;
  }));
  return slow;
}

TEST(ARestart, UnderLoadLosesNoRequestAndNoConnection) {
  Daemon daemon(helloConfig());
  Askers askers;
  // Open-loop: who comes does not wait for who came before.
  for (int i = 0; i < 3; ++i) startNewConnections(askers, daemon, std::chrono::milliseconds(6));
  askers.start(std::chrono::milliseconds(10), [&] {
    if (daemon.admin("/readyz").status != 200) throw std::runtime_error("not ready");
  });
  std::vector<std::unique_ptr<KeptConnection>> kept;
  for (const int pause : {1, 7, 40, 300}) {
    kept.push_back(std::make_unique<KeptConnection>(daemon.port()));
    askers.start(std::chrono::milliseconds(pause), [one = kept.back().get()] { one->ask(); });
  }
  std::atomic<bool> stop{false};
  LoadPlan plan;
  plan.port = daemon.port();
  plan.connections = 8;
  plan.stop = &stop;
  plan.next = [](std::mt19937&) {
    return ExpectedExchange{
        "hello", request("GET", "hello.test", "/"), 200, std::string(kHello), {}};
  };
  LoadResult busy;
  std::thread load([&] { busy = runLoad(plan); });

  const auto begin = Clock::now();
  const pid_t first = daemon.process().id();
  int done = 0;
  for (; done < rounds() && !::testing::Test::HasFailure(); ++done) {
    EXPECT_EQ(daemon.handOver(), (Ending{0, 0})) << "restart " << done;
  }
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  stop = true;
  load.join();
  const auto failures = askers.finish();
  EXPECT_THAT(failures, ::testing::IsEmpty());
  EXPECT_EQ(busy.failures, 0u) << (busy.firstFailures.empty() ? "" : busy.firstFailures.front());
  EXPECT_NE(daemon.process().id(), first);
  std::printf(
      "%d restarts in %lld ms: %zu requests on kept connections, slowest %lld ms; %zu on "
      "others; %zu failures\n",
      done, static_cast<long long>(time.count()), busy.requests,
      static_cast<long long>(busy.slowest.count()), askers.asked(),
      failures.size() + busy.failures);
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST(ARestart, FinishesInTheOldProcessWhatBeganThere) {
  Daemon daemon(sleepConfig());
  Client slow = askSlowly(daemon, std::chrono::milliseconds(2'500));
  const pid_t first = daemon.process().id();
  EXPECT_EQ(daemon.handOver([&] {
    // Both are there: the new one answers who comes now.
    EXPECT_EQ(::kill(first, 0), 0);
    EXPECT_EQ(daemon.get("hello.test").body, kHello);
    EXPECT_EQ(daemon.admin("/readyz").status, 200);
    const Response response = slow.receive();
    EXPECT_EQ(response.body, "2500\n");
    EXPECT_FALSE(response.keepsConnection);
  }),
            (Ending{0, 0}));
}

TEST(ARestart, TakesTheNewConfigurationAndKeepsThePorts) {
  ConfigText config = helloConfig("shards = 3\n");
  Daemon daemon(config);
  Askers askers;
  startNewConnections(askers, daemon, std::chrono::milliseconds(3));
  // Fewer shards take all sockets that there are, more share them.
  for (const char* shards : {"shards = 1\n", "shards = 4\n", "shards = 2\n"}) {
    config = helloConfig(shards);
    config.apps.push_back({"added", "test/count", {}, {}});
    std::ofstream(daemon.configFile(), std::ios::trunc) << config.text();
    EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
    EXPECT_EQ(daemon.get("added.test").status, 200);
    for (int i = 0; i < 40; ++i) EXPECT_EQ(daemon.get("hello.test").status, 200);
  }
  EXPECT_THAT(askers.finish(), ::testing::IsEmpty());
}

TEST(ARestart, ThatFailsLeavesEverythingAsItWasAndSaysWhy) {
  const ConfigText config = helloConfig();
  Daemon daemon(config);
  AdminApi api(daemon);
  const pid_t first = daemon.process().id();
  Askers askers;
  startNewConnections(askers, daemon, std::chrono::milliseconds(5));
  ConfigText broken = helloConfig();
  broken.apps.push_back({"gone", "/nowhere/gone.wasm", {}, {}});
  for (const std::string& text : {std::string("[server\n"), broken.text()}) {
    std::ofstream(daemon.configFile(), std::ios::trunc) << text;
    const std::size_t from = daemon.process().text(Process::Stream::error).size();
    daemon.process().signal(SIGUSR2);
    EXPECT_THAT(daemon.process().waitForLine(Process::Stream::error, "the restart has failed",
                                             kPatience, from),
                HasSubstr("ended with exit code 1; this one goes on"));
    EXPECT_EQ(daemon.process().id(), first);
    EXPECT_EQ(api.put("/v1/tenants/after", "{}").status, text == "[server\n" ? 201 : 200);
  }
  EXPECT_THAT(daemon.process().text(Process::Stream::error), HasSubstr("skiff.toml:1:"));
  EXPECT_THAT(daemon.process().text(Process::Stream::error), HasSubstr("/nowhere/gone.wasm"));
  std::ofstream(daemon.configFile(), std::ios::trunc) << config.text();
  EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
  EXPECT_THAT(askers.finish(), ::testing::IsEmpty());
}

TEST(ARestart, ThatTakesTooLongIsGivenUp) {
  Daemon daemon(helloConfig("restart_timeout_ms = 1\n"));
  const pid_t first = daemon.process().id();
  daemon.process().signal(SIGUSR2);
  EXPECT_THAT(daemon.process().waitForLine(Process::Stream::error, "the restart has failed"),
              HasSubstr("was not ready within 1 ms (restart_timeout_ms); this one goes on"));
  EXPECT_EQ(daemon.get("hello.test").body, kHello);
  EXPECT_EQ(daemon.process().id(), first);
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST(ARestart, LosesNoChangeThatWasAcknowledged) {
  Daemon daemon(helloConfig());
  AdminApi api(daemon);
  const std::string version = api.serve("globex", "web", "hello");
  std::vector<std::string> made;
  std::size_t refused = 0;
  std::size_t number = 0;
  Askers askers;
  askers.start(std::chrono::milliseconds(2), [&] {
    const std::string name = "t" + std::to_string(number++);
    const ApiReply reply = api.put("/v1/tenants/" + name, "{}");
    if (reply.status == 201) {
      made.push_back(name);
    } else if (reply.status == 503 && reply.word("code") == "not_ready") {
      ++refused;
    } else {
      throw std::runtime_error(std::to_string(reply.status) + " " + reply.text);
    }
  });
  for (int round = 0; round < 3; ++round) EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
  EXPECT_THAT(askers.finish(), ::testing::IsEmpty());
  EXPECT_GT(refused, 0u) << "no change came while nothing may be changed";
  EXPECT_GT(made.size(), 10u);
  for (const std::string& name : made)
    EXPECT_EQ(api.get("/v1/tenants/" + name).status, 200) << name;
  // What was deployed is served, and can be changed again.
  EXPECT_EQ(daemon.get("web.test").status, 200);
  EXPECT_EQ(api.deploy("globex/web", version).status, 200);
}

TEST(ARestart, NeverServesWhatWasThereBeforeAChange) {
  Daemon daemon(helloConfig());
  AdminApi api(daemon);
  const std::string one = api.serve("globex", "web", "hello_wat");
  const std::string other = api.upload("globex/web", "test/count");
  std::mutex mutex;
  std::string served = "Hello from wasm";
  std::size_t changes = 0;
  Askers askers;
  askers.start(std::chrono::milliseconds(1), [&] {
    const std::lock_guard lock(mutex);  // no change is under way while one asks
    const Response response = daemon.get("web.test");
    if (!response.body.starts_with(served)) throw std::runtime_error("stale: " + response.body);
  });
  askers.start(std::chrono::milliseconds(20), [&] {
    const std::lock_guard lock(mutex);
    const bool first = served == "Hello from wasm";
    const ApiReply reply = api.deploy("globex/web", first ? other : one);
    if (reply.status == 503) return;
    if (reply.status != 200) throw std::runtime_error(reply.text);
    served = first ? "memory=1 global=1" : "Hello from wasm";
    ++changes;
  });
  for (int round = 0; round < 3; ++round) EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
  EXPECT_THAT(askers.finish(), ::testing::IsEmpty());
  EXPECT_GT(changes, 10u);
}

TEST(ARestart, KeepsOthersOutOfTheDataFolder) {
  Daemon daemon(helloConfig());
  for (int round = 0; round < 2; ++round) {
    Process third(SKIFFD, {"--config", daemon.configFile()});
    EXPECT_EQ(third.wait(), (Ending{1, 0}));
    EXPECT_THAT(third.text(Process::Stream::error),
                HasSubstr("in use by another skiffd (process " +
                          std::to_string(daemon.process().id()) + ")"));
    EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
  }
}

TEST(ARestart, IsCompletedIfTheOldProcessDiesMeanwhile) {
  Daemon daemon(helloConfig());
  AdminApi api(daemon);
  api.serve("globex", "web", "hello");
  const std::size_t from = daemon.process().text(Process::Stream::error).size();
  daemon.process().signal(SIGUSR2);
  const std::string line =
      daemon.process().waitForLine(Process::Stream::error, "restarting", kPatience, from);
  ASSERT_NE(line, "");
  daemon.process().signal(SIGKILL);
  EXPECT_EQ(daemon.process().becomes(std::stoi(line.substr(line.find("process ") + 8))),
            (Ending{0, SIGKILL}));
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "admin on ", kPatience, from), "");
  EXPECT_EQ(daemon.get("hello.test").body, kHello);
  EXPECT_EQ(daemon.get("web.test").status, 200);
  EXPECT_TRUE(eventually([&] { return api.put("/v1/tenants/after", "{}").status < 300; }));
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST(ARestart, WhoseNewProcessFailsEndsTheOldOneSoon) {
  Daemon daemon(sleepConfig());
  const Client slow = askSlowly(daemon, std::chrono::seconds(20));
  daemon.process().signal(SIGUSR2);
  const std::string line =
      daemon.process().waitForLine(Process::Stream::error, "has taken this one's place");
  ASSERT_NE(line, "");
  const auto begin = Clock::now();
  ASSERT_EQ(::kill(std::stoi(line.substr(line.find("process ") + 8)), SIGKILL), 0);
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(*ending, (Ending{1, 0}));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(15)) << "it waited for what was in flight";
  EXPECT_THAT(daemon.process().text(Process::Stream::error),
              HasSubstr("nobody accepts connections now"));
}

TEST(ARestart, IsGivenUpForTheEnd) {
  Daemon daemon(helloConfig());
  daemon.process().signal(SIGUSR2);
  ASSERT_NE(daemon.process().waitForLine(Process::Stream::error, "restarting"), "");
  // A successor that comes to nothing.
  const std::string line = daemon.process().waitForLine(Process::Stream::error, "restarting");
  const pid_t next = std::stoi(line.substr(line.find("process ") + 8));
  ASSERT_EQ(::kill(next, SIGSTOP), 0);
  daemon.process().signal(SIGTERM);
  const auto ending = daemon.process().wait();
  ASSERT_TRUE(ending);
  EXPECT_EQ(*ending, (Ending{0, 0}));
  EXPECT_EQ(::kill(next, 0), -1) << "the new process is still there";
}

TEST(ARestart, FollowsASignalThatComesTooEarlyOrTwice) {
  Daemon daemon(helloConfig());
  daemon.process().signal(SIGHUP);
  EXPECT_EQ(daemon.handOver([&] { EXPECT_EQ(daemon.get("hello.test").status, 200); }),
            (Ending{0, 0}));
  EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST(AnAccessLog, IsOpenedAnewWhenItWasMovedAndAfterARestart) {
  ConfigText config = helloConfig();
  config.server = "access_log = \"access.log\"\n";
  Daemon daemon(config);
  const auto log = daemon.folder() / "access.log";
  const auto lines = [](const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::size_t count = 0;
    for (std::string line; std::getline(stream, line);) ++count;
    return count;
  };
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  EXPECT_TRUE(eventually([&] { return lines(log) == 1; }));
  std::filesystem::rename(log, daemon.folder() / "access.log.1");
  daemon.process().signal(SIGUSR1);
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(log); }));
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  EXPECT_TRUE(eventually([&] { return lines(log) == 1; }));
  EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  EXPECT_TRUE(eventually([&] { return lines(log) == 2; }));
  EXPECT_EQ(lines(daemon.folder() / "access.log.1"), 1u);
}

}  // namespace
}  // namespace skiff::e2e
