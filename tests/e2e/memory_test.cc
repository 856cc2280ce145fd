#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/daemon.h"
#include "tests/e2e/held.h"

/// What a tenant's instances hold together, and what the engine holds for them.
namespace skiff::e2e {
namespace {

constexpr const char* kOneShard = "shards = 1\n";
// The guests here begin with 1 MiB.
constexpr const char* kOneFits = "memory_total = \"1600KiB\"\n";

TEST(TheMemoryTotal, RefusesTheGrowthThatWouldExceedIt) {
  ConfigText config;
  config.limits = "cpu_ms = 5000\n";
  config.apps = {{"grow", "test/grow", {}, "memory = \"64MiB\"\nmemory_total = \"4MiB\"\n"},
                 {"alloc", "test/alloc", {}, "memory = \"64MiB\"\nmemory_total = \"4MiB\"\n"}};
  const Daemon daemon(config);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(daemon.get("grow.test").body, "64\n") << "pages of 64 KiB";
    EXPECT_EQ(daemon.get("alloc.test", "/?bytes=1000000").body, "ok\n");
    EXPECT_EQ(daemon.get("alloc.test", "/?bytes=8000000").body, "refused\n");
  }
}

TEST(TheMemoryTotal, RefusesTheInstanceThatWouldExceedIt) {
  ConfigText config;
  config.server = kOneShard;
  config.apps = {{"echo", "echo", {}, kOneFits}};
  Daemon daemon(config);
  Held held(daemon, "echo.test");
  const Response refused = daemon.connect().ask(request("POST", "echo.test", "/", "x"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("skiff-reason"), "memory_limit");
  EXPECT_EQ(daemon.accessLineOf(refused).value("reason"), "memory_limit");
  EXPECT_EQ(held.finish().body, "done");
  EXPECT_EQ(daemon.connect().ask(request("POST", "echo.test", "/", "x")).body, "x");
}

TEST(TheMemoryTotal, GivesBackWhatAnotherAppOfTheTenantHoldsIdle) {
  ConfigText config;
  config.server = kOneShard;
  config.limits = kOneFits;  // of the tenants as well
  config.apps = {{"echo", "echo", {}, {}},
                 {"sleep", "test/sleep", {}, {}},
                 {"neighbour", "echo", {}, {}, "globex"}};
  Daemon daemon(config);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(daemon.get("sleep.test", "/?ms=1").body, "1\n");
    EXPECT_EQ(daemon.connect().ask(request("POST", "echo.test", "/", "x")).body, "x");
  }
  Held held(daemon, "echo.test");
  EXPECT_EQ(daemon.get("sleep.test", "/?ms=1").field("skiff-reason"), "memory_limit");
  // Another tenant has its own.
  EXPECT_EQ(daemon.connect().ask(request("POST", "neighbour.test", "/", "x")).body, "x");
  EXPECT_EQ(held.finish().body, "done");
}

TEST(TheMemoryTotal, IsGivenBackByOtherShardsToo) {
  ConfigText config;
  config.server = "shards = 2\n";
  config.limits = kOneFits;
  config.apps = {{"echo", "echo", {}, {}}, {"sleep", "test/sleep", {}, {}}};
  const Daemon daemon(config);
  // Connections go to one shard or the other; who is refused on one has the other give back.
  for (int i = 0; i < 8; ++i) {
    const std::string app = i % 2 == 0 ? "echo.test" : "sleep.test";
    EXPECT_TRUE(eventually([&] { return daemon.get(app, "/?ms=1").status == 200; }));
  }
}

TEST(TheMemory, OfARequestInFlightIsHeldToALowerLimit) {
  const TemporaryFolder folder;
  std::ofstream(folder / "grow.lua") << R"(
io.read("a")
local grown = pcall(string.rep, "x", 32 << 20)
local file = io.open("/tmp/file", "w")
local part = string.rep("x", 1 << 20)
local kept = true
for _ = 1, 16 do kept = kept and file:write(part) and file:flush() end
print("Content-Type: text/plain\n")
print(grown and "grown" or "refused", kept and "kept" or "full")
)";
  ConfigText config;
  config.limits = "cpu_ms = 5000\nmemory = \"128MiB\"\n";
  config.apps = {
      {"grow", "lua", "args = [\"/grow.lua\"]\nfiles = \"" + (folder / "").string() + "\"\n", {}}};
  Daemon daemon(config);
  EXPECT_EQ(Held(daemon, "grow.test").finish().body, "grown\tkept\n");
  Held held(daemon, "grow.test");
  config.limits = "cpu_ms = 5000\nmemory = \"16MiB\"\n";
  config.apps.push_back({"late", "hello_wat", {}, {}});
  daemon.reload(config.text());
  EXPECT_TRUE(eventually([&] { return daemon.get("late.test").status == 200; }));
  EXPECT_EQ(held.finish().body, "refused\tfull\n");
}

TEST(TheHeapLimit, EndsTheGuestAndNeverTheProcess) {
  ConfigText config;
  config.limits = "cpu_ms = 5000\n";
  config.apps = {{"small", "hostile/heap", {}, "heap = \"16MiB\"\n"},
                 {"hello", "hello_wat", {}, {}, "globex"}};
  Daemon daemon(config);
  for (int i = 0; i < 5; ++i) {
    const Response ended = daemon.get("small.test", "/fill");
    EXPECT_EQ(ended.status, 503);
    EXPECT_EQ(ended.field("skiff-reason"), "memory_limit");
    EXPECT_EQ(daemon.get("small.test", "/ok").body, "ok\n");
    EXPECT_EQ(daemon.get("hello.test").status, 200);
  }
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST(TheSignal, TellsAGuestBeforeItsCpuTimeIsUsedUp) {
  ConfigText config;
  config.limits = "cpu_ms = 100\n";
  config.apps = {{"signal", "test/signal", {}, {}}};
  Daemon daemon(config);
  for (int i = 0; i < 3; ++i) {
    const Response told = daemon.get("signal.test", "/told" + std::to_string(i));
    EXPECT_EQ(told.body, "1\n");
    const AccessLine line = daemon.accessLine("\"path\":\"/told" + std::to_string(i));
    EXPECT_GE(std::stod(line.value("cpu_ms")), 88);
    EXPECT_LT(std::stod(line.value("cpu_ms")), 100);
    EXPECT_EQ(daemon.get("signal.test", "/late").field("skiff-reason"), "cpu_limit");
  }
}

}  // namespace
}  // namespace skiff::e2e
