// A shard's thread that fails: what it takes with it, and what not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/service_manager.h"
#include "tests/faults/faults.h"

namespace skiff::faults {
namespace {

using e2e::AdminApi;
using e2e::Client;
using e2e::ConfigText;
using e2e::Daemon;
using e2e::Ending;
using e2e::eventually;
using e2e::Process;
using e2e::request;

constexpr int kTimes = 20;

class AShard : public OneShard {};

TEST_F(AShard, GoesOnWithAllConnectionsAfterAnExceptionThatNothingElseCaught) {
  Client first = daemon_.connect();
  Client second = daemon_.connect();
  for (int i = 0; i < kTimes; ++i) {
    faults_.control().loopFault = LoopFault::throws;
    EXPECT_EQ(first.ask(request("GET", "web.test", "/")).body, kHello);
    EXPECT_TRUE(eventually([&] { return faults_.control().loopFault == LoopFault::none; }));
    EXPECT_EQ(second.ask(request("GET", "web.test", "/")).body, kHello);
  }
  EXPECT_NE(daemon_.process().waitForLine(Process::Stream::error,
                                          "critical shard 0 failed: a test's fault"),
            "");
  EXPECT_EQ(daemon_.admin("/readyz").status, 200);
  EXPECT_EQ(daemon_.terminate(), (Ending{0, 0}));
}

TEST_F(AShard, GoesOnWhenTheSystemDoesNotLetItWait) {
  Client client = daemon_.connect();
  for (int i = 0; i < kTimes; ++i) {
    faults_.control().loopFault = LoopFault::fails;
    EXPECT_EQ(client.ask(request("GET", "web.test", "/")).body, kHello);
    EXPECT_TRUE(eventually([&] { return faults_.control().loopFault == LoopFault::none; }));
  }
  EXPECT_EQ(daemon_.terminate(), (Ending{0, 0}));
}

TEST_F(AShard, ThatCrashesEndsTheProcessAtOnceAndLosesNothing) {
  const std::string version = api_.upload("acme/web", "hello");
  EXPECT_EQ(api_.deploy("acme/web", version).status, 200);
  faults_.control().loopFault = LoopFault::crashes;
  try {
    (void)daemon_.get("web.test");
  } catch (const e2e::ClientError&) {  // who was being answered is cut
  }
  EXPECT_EQ(daemon_.process().wait(), (Ending{0, SIGSEGV}));
  daemon_.restart();
  EXPECT_EQ(daemon_.get("web.test").body, "Hello from skiff, you asked for /\n");
}

TEST(AShardThatHangs, IsToldTheServiceManagerBySilenceAndServesOnOnceItGoesOn) {
  constexpr std::chrono::milliseconds kWatchdog{2'000};
  e2e::ServiceManager manager;
  Faults faults("shard-0");
  ConfigText config;
  config.server = "shards = 2\n";
  e2e::ProcessOptions options = faults.options();
  for (const std::string& variable : manager.options({"WATCHDOG_USEC=2000000"}).environment) {
    options.environment.push_back(variable);
  }
  Daemon daemon(config, options);
  const auto isAlive = [&] { return manager.next(kWatchdog) == "WATCHDOG=1"; };
  EXPECT_THAT(manager.next(), ::testing::HasSubstr("READY=1"));
  EXPECT_TRUE(isAlive());
  faults.control().loopFault = LoopFault::hangs;
  // The word that was on its way, at most, and one more for the looks before.
  EXPECT_TRUE(eventually([&] { return !isAlive(); }));
  EXPECT_EQ(daemon.admin("/healthz").status, 200) << "the main loop and the admin listener go on";
  faults.control().loopFault = LoopFault::none;
  EXPECT_TRUE(eventually(isAlive));
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

TEST(TheAdminListener, GoesOnAfterAnExceptionThatNothingElseCaught) {
  Faults faults("admin");
  Daemon daemon(ConfigText{}, faults.options());
  AdminApi api(daemon);
  for (int i = 0; i < kTimes; ++i) {
    faults.control().loopFault = LoopFault::throws;
    EXPECT_EQ(api.get("/v1/tenants").status, 200);
    EXPECT_EQ(daemon.admin("/readyz").status, 200);
  }
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error,
                                         "critical the admin listener failed: a test's fault"),
            "");
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

/// The loop that signals, reloads and publishing are served by.
TEST(TheMainLoop, ThatFailsEndsTheProcessWithAStatusThatHasItStartedAnew) {
  Faults faults("main");
  Daemon daemon(ConfigText{}, faults.options());
  AdminApi api(daemon);
  api.serve("acme", "web", "hello_wat");
  faults.control().loopFault = LoopFault::throws;
  const std::optional<Ending> ending = daemon.process().wait();
  ASSERT_TRUE(ending);
  EXPECT_NE(*ending, (Ending{0, 0}));
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::error, "a test's fault"), "");
  daemon.restart();
  EXPECT_EQ(daemon.get("web.test").body, kHello);
}

}  // namespace
}  // namespace skiff::faults
