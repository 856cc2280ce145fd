#include <gtest/gtest.h>

#include <fstream>
#include <mutex>
#include <sstream>

#include "tests/e2e/daemon.h"
#include "tests/server/origin/scripted_origin.h"

/// What a tenant may read and write in a second.
namespace skiff::e2e {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kReader = R"(
local file = assert(io.open("/data", "r"))
file:setvbuf("no")
local size = 0
while true do
  local part = file:read(32768)
  if not part then break end
  size = size + #part
end
print("Content-Type: text/plain\n")
io.write(size)
)";

class IoLimits : public ::testing::Test {
 protected:
  static constexpr std::size_t kSize = 2 << 20;

  IoLimits() {
    std::ofstream(folder_ / "reader.lua") << kReader;
    std::ofstream(folder_ / "data") << std::string(kSize, 'x');
  }

  ConfigText config(const std::string& limits) const {
    const std::string keys =
        "args = [\"/reader.lua\"]\nfiles = \"" + (folder_ / "").string() + "\"\n";
    ConfigText config;
    config.limits = "cpu_ms = 5000\n";
    config.apps = {{"slow", "lua", keys, limits, "acme"}, {"fast", "lua", keys, {}, "globex"}};
    return config;
  }
  static milliseconds timeOf(const Daemon& daemon, const std::string& app) {
    const auto began = Clock::now();
    EXPECT_EQ(daemon.get(app + ".test").body, std::to_string(kSize));
    return std::chrono::duration_cast<milliseconds>(Clock::now() - began);
  }

  TemporaryFolder folder_;
};

TEST_F(IoLimits, LetBytesOfFilesThroughAtTheirRateAndTheNeighboursAtFullSpeed) {
  const Daemon daemon(config("io_bytes_per_s = \"1MiB\"\n"));
  timeOf(daemon, "fast");
  const milliseconds fast = timeOf(daemon, "fast");
  // What may come at once, and the last part, cost no time.
  const milliseconds slow = timeOf(daemon, "slow");
  EXPECT_GE(slow, milliseconds(1850));
  EXPECT_LT(slow, milliseconds(4000));
  EXPECT_LT(fast * 2, slow);
}

TEST_F(IoLimits, OfATenantAreThoseOfItsAppsTogether) {
  ConfigText text = config("io_bytes_per_s = \"1GiB\"\n");
  text.tenantLimits = "io_bytes_per_s = \"2MiB\"\n";
  text.apps.push_back(text.apps.front());
  text.apps.back().name = "second";
  const Daemon daemon(text);
  const auto began = Clock::now();
  std::vector<Client> clients;
  for (const char* app : {"slow", "second"}) {
    clients.push_back(daemon.connect());
    clients.back().send(request("GET", app + std::string(".test"), "/"));
  }
  for (Client& client : clients) EXPECT_EQ(client.receive().body, std::to_string(kSize));
  EXPECT_GE(Clock::now() - began, milliseconds(1750)) << "one alone takes 1 s";
}

TEST_F(IoLimits, FollowAChangeWhileTheGuestWaits) {
  Daemon daemon(config("io_bytes_per_s = \"64KiB\"\n"));
  Client client = daemon.connect();
  const auto began = Clock::now();
  client.send(request("GET", "slow.test", "/"));
  // It has read what it may at once, and waits for more.
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_instances", {{"app", "slow"}, {"state", "busy"}}) == 1;
  }));
  daemon.reload(config("io_bytes_per_s = \"1GiB\"\n").text());
  EXPECT_EQ(client.receive().body, std::to_string(kSize));
  EXPECT_LT(Clock::now() - began, milliseconds(15'000)) << "not 32 s";
}

TEST_F(IoLimits, CountCallsToo) {
  const Daemon daemon(config("io_ops_per_s = 40\n"));
  // Some 65 reads, and those that open the files.
  EXPECT_GE(timeOf(daemon, "slow"), milliseconds(1500));
}

TEST_F(IoLimits, LeaveMemoryAlone) {
  std::ofstream(folder_ / "reader.lua") << R"(
local file = assert(io.open("/tmp/data", "w+"))
file:write(string.rep("x", 2097152))
file:seek("set")
print("Content-Type: text/plain\n")
io.write(#file:read("a"))
)";
  const Daemon daemon(config("io_bytes_per_s = \"64KiB\"\n"));
  EXPECT_LT(timeOf(daemon, "slow"), milliseconds(8000)) << "not 64 s";
}

TEST(TheIoLimit, HoldsForTheOriginAsWell) {
  const std::string body(256 << 10, 'o');
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              body);
    peer.waitForClose();
  }});
  {
    ConfigText config;
    config.apps = {{"front", "headers", "origin = \"" + origin.url() + "\"\nconfig = \"x\"\n",
                    "io_bytes_per_s = \"128KiB\"\n"}};
    const Daemon daemon(config);
    const auto began = Clock::now();
    EXPECT_EQ(daemon.get("front.test").body, body);
    EXPECT_GE(Clock::now() - began, milliseconds(1700));
  }
  EXPECT_EQ(origin.finish(), "");
}

TEST(TheIoLimit, HoldsBackCallsToTheOrigin) {
  constexpr std::size_t kCalls = 6;
  std::mutex mutex;
  std::vector<Clock::time_point> called;
  const std::vector<ScriptedOrigin::Script> scripts(kCalls, [&](Peer& peer) {
    peer.readHead();
    {
      const std::lock_guard lock(mutex);
      called.push_back(Clock::now());
    }
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  });
  ScriptedOrigin origin(scripts);
  {
    ConfigText config;
    config.apps = {{"front", "headers", "origin = \"" + origin.url() + "\"\nconfig = \"x\"\n",
                    "io_ops_per_s = 4\n"}};
    const Daemon daemon(config);
    std::vector<Client> clients;
    for (std::size_t i = 0; i < kCalls; ++i) {
      clients.push_back(daemon.connect());
      clients.back().send(request("GET", "front.test", "/"));
    }
    for (Client& client : clients) EXPECT_EQ(client.receive().body, "ok");
  }
  EXPECT_EQ(origin.finish(), "");
  ASSERT_EQ(called.size(), kCalls);
  EXPECT_GE(called.back() - called.front(), milliseconds(1200));
  EXPECT_LT(called.back() - called.front(), milliseconds(6000));
}

class InitialisationsThatRead : public ::testing::Test {
 protected:
  static constexpr std::size_t kSize = 512 << 10;

  InitialisationsThatRead() {
    std::ofstream(folder_ / "file") << std::string(kSize, 'x');
    const std::string keys = "snapshot = \"never\"\ndirs = [{ host = \"" + (folder_ / "").string() +
                             "\", guest = \"/data\" }]\n";
    config_.server = "shards = 1\n";
    config_.limits = "cpu_ms = 5000\nqueue_ms = 10000\n";
    config_.apps = {{"slow", "test/read_early", keys, "io_bytes_per_s = \"1MiB\"\n", "acme"},
                    {"fast", "test/read_early", keys, {}, "globex"}};
  }
  const std::string answer_ = std::to_string(kSize) + "\n";
  TemporaryFolder folder_;
  ConfigText config_;
};

TEST_F(InitialisationsThatRead, WaitUntilTheirAppMayReadAgain) {
  Daemon daemon(config_);
  const auto began = Clock::now();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(daemon.get("fast.test").body, answer_);
  const auto fast = Clock::now() - began;
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(daemon.connect());
    clients.back().send(request("GET", "slow.test", "/"));
  }
  for (Client& client : clients) EXPECT_EQ(client.receive().body, answer_);
  // The last one's debt is left to who comes next.
  EXPECT_GE(Clock::now() - began - fast, milliseconds(1800));
  EXPECT_NE(daemon.accessLine("\"queue_ms\":").value("queue_ms"), "");
}

TEST_F(InitialisationsThatRead, AreRefusedWhereTheyMayNotWaitThatLong) {
  config_.apps[0].limits += "queue_ms = 0\n";
  Daemon daemon(config_);
  Response refused;
  EXPECT_TRUE(eventually([&] {
    refused = daemon.get("slow.test");
    return refused.status == 429;
  }));
  EXPECT_EQ(refused.field("skiff-reason"), "rate_limit");
  EXPECT_EQ(refused.field("retry-after"), "1");
  EXPECT_TRUE(eventually([&] { return daemon.get("slow.test").body == answer_; }));
}

TEST(TheResponseBody, IsRefusedAboveItsLimit) {
  ConfigText config;
  config.limits = "cpu_ms = 2000\n";
  config.apps = {{"echo", "echo", {}, "response_body = \"1KiB\"\n"},
                 {"flood", "hostile/misbehave", {}, "response_body = \"1MiB\"\n"}};
  Daemon daemon(config);
  Client client = daemon.connect();
  EXPECT_EQ(client.ask(request("POST", "echo.test", "/", std::string(1024, 'x'))).status, 200);
  const Response refused = client.ask(request("POST", "echo.test", "/", std::string(1025, 'x')));
  EXPECT_EQ(refused.status, 502);
  EXPECT_EQ(refused.field("skiff-reason"), "bad_response");
  constexpr std::string_view kLog =
      "\"message\":\"bad_response: the body is longer than the app's response_body\"";
  const std::string said = daemon.process().waitForLine(Process::Stream::output, kLog);
  EXPECT_NE(said.find("\"app\":\"echo\""), std::string::npos) << said;

  // What is on its way already is cut, and seen to be.
  EXPECT_THROW(daemon.get("flood.test", "/response"), ClientError);
  EXPECT_EQ(daemon.accessLine("\"path\":\"/response\"").value("reason"), "bad_response");
  EXPECT_EQ(daemon.get("flood.test", "/ok").body, "ok\n");
  daemon.terminate();
  std::istringstream lines(daemon.process().text(Process::Stream::output));
  int told = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"app\":\"flood\"") == std::string::npos) continue;
    told += line.find(kLog) != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(told, 1);
}

TEST(TheLog, TakesFromAnAppWhatItMayWrite) {
  ConfigText config;
  config.limits = "cpu_ms = 200\n";
  config.apps = {{"quiet", "hostile/misbehave", {}, "log_bytes_per_s = \"1KiB\"\n"},
                 {"mute", "hostile/misbehave", {}, "log_bytes_per_s = \"0B\"\n"}};
  const auto began = Clock::now();
  Daemon daemon(config);
  daemon.get("quiet.test", "/log");
  daemon.get("mute.test", "/log");
  for (const char* app : {"quiet", "mute"}) {
    EXPECT_GT(daemon.metrics().sum("skiff_guest_log_dropped_bytes_total", {{"app", app}}), 4096);
  }
  daemon.terminate();
  const std::string said = daemon.process().text(Process::Stream::output);
  std::size_t quiet = 0;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"version\"") != std::string::npos) continue;  // of the access log
    if (line.find("\"app\":\"quiet\"") != std::string::npos) quiet += line.size() + 1;
    EXPECT_EQ(line.find("\"app\":\"mute\""), std::string::npos);
  }
  EXPECT_GT(quiet, 0U);
  const std::chrono::duration<double> took = Clock::now() - began;
  EXPECT_LE(static_cast<double>(quiet), 1024 * (5 + took.count()));
}

}  // namespace
}  // namespace skiff::e2e
