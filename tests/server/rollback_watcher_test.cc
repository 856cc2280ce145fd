#include "server/rollback_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/server/served_app_maker.h"

namespace skiff {
namespace {

using namespace std::chrono_literals;

class RollbackWatcherTest : public ::testing::Test {
 protected:
  RollbackWatcherTest() {
    watcher_.start([this](const AppRuntime::RollbackNotice& notice) {
      if (onNotice_) onNotice_();
      notice_.set_value(notice);
      return true;
    });
  }

  static std::shared_ptr<ServedApp> deployment(std::int64_t number,
                                               const std::vector<ServedAppMaker::Version>& split) {
    auto app = ServedAppMaker::app("web", {"web.test/*"}, split);
    app->deployment = number;
    app->autoRollback = AutoRollback{.margin = 0.1, .window = 60s, .minRequests = 10};
    return app;
  }
  static void count(const ServedApp& app, std::size_t version, std::uint64_t requests,
                    std::uint64_t failed) {
    app.versions[version]->totals().requests += requests;
    app.versions[version]->totals().failed += failed;
  }
  bool isNoticed(std::chrono::milliseconds patience) {
    return future_.wait_for(patience) == std::future_status::ready;
  }

  std::function<void()> onNotice_;
  std::promise<AppRuntime::RollbackNotice> notice_;
  std::future<AppRuntime::RollbackNotice> future_ = notice_.get_future();
  RollbackWatcher watcher_;
};

TEST_F(RollbackWatcherTest, TellsOnceWhichDeploymentIsToBeTakenBack) {
  const auto one = deployment(1, {{"old"}});
  const auto two = deployment(2, {{"old", 50}, {"new", 50}});
  watcher_.watch(*one, nullptr);
  watcher_.watch(*two, one.get());
  count(*two, 1, 100, 90);
  ASSERT_TRUE(isNoticed(30s));
  const auto notice = future_.get();
  EXPECT_EQ(notice.tenant, "acme");
  EXPECT_EQ(notice.app, "web");
  EXPECT_EQ(notice.deployment, 2);
  EXPECT_THAT(notice.why, ::testing::HasSubstr("90.0%"));
  watcher_.stop();
  EXPECT_EQ(watcher_.rollbacks().at("acme/web"), 1u);
  watcher_.forget("acme/web");
  EXPECT_TRUE(watcher_.rollbacks().empty());
}

TEST_F(RollbackWatcherTest, DoesNotCountAnAppThatGoesWhileItIsTakenBack) {
  onNotice_ = [this] { watcher_.forget("acme/web"); };
  const auto one = deployment(1, {{"old"}});
  const auto two = deployment(2, {{"new"}});
  watcher_.watch(*two, one.get());
  EXPECT_TRUE(watcher_.rollbacks().empty()) << "it was not taken back yet";
  count(*two, 0, 100, 90);
  ASSERT_TRUE(isNoticed(30s));
  watcher_.stop();
  EXPECT_TRUE(watcher_.rollbacks().empty());
}

TEST_F(RollbackWatcherTest, DoesNotJudgeAVersionThatHadTrafficBefore) {
  const auto one = deployment(1, {{"old"}});
  const auto two = deployment(2, {{"old", 10}});
  watcher_.watch(*two, one.get());
  count(*two, 0, 100, 100);
  EXPECT_FALSE(isNoticed(600ms));
}

TEST_F(RollbackWatcherTest, JudgesTheSameVersionsAfterTheAppIsConfiguredAnew) {
  const auto one = deployment(1, {{"old"}});
  const auto two = deployment(2, {{"new"}});
  const auto twoAgain = deployment(2, {{"new"}});
  watcher_.watch(*two, one.get());
  watcher_.watch(*twoAgain, two.get());
  count(*twoAgain, 0, 100, 100);
  EXPECT_TRUE(isNoticed(30s));
}

TEST_F(RollbackWatcherTest, ForgetsAnAppThatIsGone) {
  const auto one = deployment(1, {{"old"}});
  const auto two = deployment(2, {{"new"}});
  watcher_.watch(*two, one.get());
  watcher_.forget("acme/web");
  count(*two, 0, 100, 100);
  EXPECT_FALSE(isNoticed(600ms));
}

}  // namespace
}  // namespace skiff
