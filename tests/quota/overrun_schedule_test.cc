#include "quota/overrun_schedule.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "quota/quotas.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// A machine with so many processors on which guests compute whenever they may; what it gives to
/// each tenant.
class OverrunScheduleTest : public ::testing::Test {
 protected:
  struct Runner {
    OverrunGuest guest;
    nanoseconds total{};
    /// It computes for so long, then pauses for so long, again and again; 0: always.
    nanoseconds burst{};
    nanoseconds pause{};
    nanoseconds left{};  ///< of its burst
    nanoseconds resting{};
    bool isNewEachTime = false;  ///< each burst is a guest of its own
  };

  Runner& add(TenantQuota& tenant) {
    runners.push_back(std::make_unique<Runner>());
    Runner& runner = *runners.back();
    runner.guest.tenant = &tenant;
    runner.guest.weights.tenant = tenant.limits.weight();
    return runner;
  }
  Runner& add(AppQuota& app) {
    Runner& runner = add(*app.tenant);
    runner.guest.app = &app;
    runner.guest.weights.app = app.limits.weight();
    return runner;
  }

  TenantQuota& tenant(std::uint32_t weight) {
    Limits limits;
    limits.weight = weight;
    tenants.push_back(std::make_shared<TenantQuota>("t" + std::to_string(tenants.size()), limits));
    return *tenants.back();
  }
  /// Of the tenant that was made last.
  AppQuota& app(std::uint32_t weight) {
    Limits limits;
    limits.weight = weight;
    apps.push_back(
        std::make_unique<AppQuota>(tenants.back(), "a" + std::to_string(apps.size()), limits));
    return *apps.back();
  }
  static double seconds(const Runner& runner) {
    return std::chrono::duration<double>(runner.total).count();
  }

  void run(nanoseconds time) {
    for (nanoseconds passed{}; passed < time; passed += kTick) {
      std::vector<OverrunGuest> guests;
      std::vector<Runner*> present;
      for (const auto& runner : runners) {
        if (runner->resting.count() > 0) {
          runner->resting -= kTick;
          runner->guest.runs = true;
          continue;
        }
        guests.push_back(runner->guest);
        present.push_back(runner.get());
      }
      schedule.decide(guests, now);
      now += kTick;
      std::size_t running = 0;
      for (std::size_t i = 0; i < guests.size(); ++i) {
        Runner& runner = *present[i];
        if (guests[i].runs != runner.guest.runs) ++switches;
        runner.guest.runs = guests[i].runs;
        runner.guest.cpu = guests[i].runs ? nanoseconds(kTick) : nanoseconds(0);
        runner.total += runner.guest.cpu;
        runner.guest.total += runner.guest.cpu;
        running += guests[i].runs ? 1 : 0;
        if (runner.burst.count() == 0) continue;
        runner.left -= runner.guest.cpu;
        if (runner.left.count() > 0) continue;
        runner.left = runner.burst;
        if (runner.isNewEachTime) runner.guest.total = nanoseconds(0);
        runner.resting = runner.pause;
      }
      most = std::max(most, running);
    }
  }

  static constexpr milliseconds kTick{1};
  OverrunSchedule schedule{2};
  OverrunSchedule::Clock::time_point now{std::chrono::seconds(1000)};
  std::vector<std::shared_ptr<TenantQuota>> tenants;
  std::vector<std::unique_ptr<AppQuota>> apps;
  std::vector<std::unique_ptr<Runner>> runners;
  std::size_t most = 0;
  int switches = 0;
};

TEST_F(OverrunScheduleTest, LetsAllRunWhereThereIsRoom) {
  add(tenant(1));
  add(tenant(100));
  run(milliseconds(100));
  for (const auto& runner : runners) EXPECT_EQ(runner->total, milliseconds(100));
  EXPECT_EQ(switches, 0);
}

TEST_F(OverrunScheduleTest, NeverRunsMoreThanThereAreProcessors) {
  for (int i = 0; i < 9; ++i) add(tenant(10));
  run(milliseconds(500));
  EXPECT_EQ(most, 2U);
}

TEST_F(OverrunScheduleTest, SharesByWeight) {
  schedule = OverrunSchedule(1);
  for (const std::uint32_t weight : {1U, 2U, 4U}) add(tenant(weight));
  run(std::chrono::seconds(10));
  const std::array<double, 3> expected{10.0 / 7, 20.0 / 7, 40.0 / 7};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(std::chrono::duration<double>(runners[i]->total).count(), expected[i],
                expected[i] * 0.02);
  }
}

TEST_F(OverrunScheduleTest, ATenantGetsNoMoreForHavingMoreGuests) {
  schedule = OverrunSchedule(1);
  TenantQuota& many = tenant(10);
  for (int i = 0; i < 8; ++i) add(many);
  Runner& one = add(tenant(10));
  run(std::chrono::seconds(4));
  EXPECT_NEAR(std::chrono::duration<double>(one.total).count(), 2, 0.05);
  // And the many share theirs.
  for (int i = 0; i < 8; ++i)
    EXPECT_GT(runners[static_cast<std::size_t>(i)]->total, milliseconds(200));
}

TEST_F(OverrunScheduleTest, AppsShareByWeightWhatTheirTenantGets) {
  schedule = OverrunSchedule(1);
  tenant(10);
  const Runner& light = add(app(1));
  AppQuota& heavy = app(3);
  const Runner& first = add(heavy);
  const Runner& second = add(heavy);
  const Runner& other = add(tenant(10));
  run(std::chrono::seconds(8));
  EXPECT_NEAR(seconds(other), 4, 0.1);
  EXPECT_NEAR(seconds(light), 1, 0.05);
  EXPECT_NEAR(seconds(first), 1.5, 0.05);
  EXPECT_NEAR(seconds(second), 1.5, 0.05);
}

TEST_F(OverrunScheduleTest, AnAppsLongGuestDoesNotWaitForTheBriefOnesOfAnother) {
  schedule = OverrunSchedule(1);
  tenant(10);
  const Runner& lengthy = add(app(1));
  Runner& brief = add(app(1));
  brief.burst = brief.left = milliseconds(4);
  brief.isNewEachTime = true;
  run(std::chrono::seconds(2));
  EXPECT_NEAR(seconds(lengthy), 1, 0.1);
}

TEST_F(OverrunScheduleTest, ABriefPauseBetweenRequestsCostsNothing) {
  schedule = OverrunSchedule(1);
  Runner& pausing = add(tenant(10));
  pausing.burst = pausing.left = milliseconds(20);
  pausing.pause = milliseconds(2);
  Runner& steady = add(tenant(10));
  run(std::chrono::seconds(4));
  EXPECT_NEAR(
      static_cast<double>(pausing.total.count()) / static_cast<double>(steady.total.count()), 1,
      0.1);
}

TEST_F(OverrunScheduleTest, OneThatComesLateHasNothingSavedUp) {
  schedule = OverrunSchedule(1);
  Runner& early = add(tenant(10));
  run(std::chrono::seconds(5));
  Runner& late = add(tenant(10));
  const auto before = early.total;
  run(std::chrono::seconds(1));
  EXPECT_NEAR(std::chrono::duration<double>(early.total - before).count(), 0.5, 0.05);
  EXPECT_NEAR(std::chrono::duration<double>(late.total).count(), 0.5, 0.05);
}

TEST_F(OverrunScheduleTest, WhatNobodyElseWantedIsNotHeldAgainstATenant) {
  // For ten seconds each has a processor of its own, whatever it weighs.
  Runner& light = add(tenant(1));
  TenantQuota& heavy = tenant(100);
  add(heavy);
  run(std::chrono::seconds(10));
  EXPECT_EQ(light.total, std::chrono::seconds(10));
  // Then they share.
  const auto before = light.total;
  add(heavy);
  run(std::chrono::seconds(20));
  const double share = std::chrono::duration<double>(light.total - before).count() / (2 * 20);
  EXPECT_NEAR(share, 1.0 / 101, 0.002);
}

TEST_F(OverrunScheduleTest, OneThatComesBackToAStrangerOwesNothing) {
  schedule = OverrunSchedule(1);
  Runner& first = add(tenant(10));
  run(std::chrono::seconds(5));
  first.resting = milliseconds(500);
  run(milliseconds(200));  // nobody is there
  Runner& stranger = add(tenant(10));
  run(milliseconds(300));
  ASSERT_EQ(stranger.total, milliseconds(300));
  const auto before = first.total;
  run(std::chrono::seconds(1));
  EXPECT_NEAR(std::chrono::duration<double>(first.total - before).count(), 0.5, 0.05);
}

TEST_F(OverrunScheduleTest, WhoIsParkedForLackOfShareDoesNotHoldBackThePresent) {
  schedule = OverrunSchedule(1);
  Runner& parked = add(tenant(10));
  parked.guest.throttled = true;
  Runner& steady = add(tenant(10));
  run(std::chrono::seconds(5));
  Runner& newcomer = add(tenant(10));
  const auto before = steady.total;
  run(std::chrono::seconds(1));
  EXPECT_NEAR(std::chrono::duration<double>(steady.total - before).count(), 0.5, 0.05);
  EXPECT_NEAR(std::chrono::duration<double>(newcomer.total).count(), 0.5, 0.05);
  // And it has saved nothing up meanwhile.
  parked.guest.throttled = false;
  run(std::chrono::seconds(1));
  EXPECT_NEAR(std::chrono::duration<double>(parked.total).count(), 1.0 / 3, 0.05);
}

TEST_F(OverrunScheduleTest, APauseOfATenantThatWeighsMuchDoesNotShutOutOneThatWeighsLittle) {
  schedule = OverrunSchedule(1);
  Runner& heavy = add(tenant(100));
  Runner& light = add(tenant(1));
  run(std::chrono::seconds(2));
  for (int i = 0; i < 10; ++i) {
    heavy.resting = milliseconds(90);
    run(milliseconds(90));
    const auto before = light.total;
    run(milliseconds(3000));
    EXPECT_GT(light.total, before) << i;
  }
}

TEST_F(OverrunScheduleTest, ParksWhoIsOutOfCpuShare) {
  Runner& out = add(tenant(100));
  out.guest.throttled = true;
  Runner& other = add(tenant(1));
  run(milliseconds(100));
  EXPECT_EQ(out.total.count(), 0);
  EXPECT_EQ(other.total, milliseconds(100));
  out.guest.throttled = false;
  run(milliseconds(100));
  EXPECT_GT(out.total, milliseconds(98));
}

TEST_F(OverrunScheduleTest, DoesNotSwitchAtEveryLook) {
  schedule = OverrunSchedule(1);
  for (int i = 0; i < 3; ++i) add(tenant(10));
  run(std::chrono::seconds(1));
  // A slice is five looks, and each change switches two guests.
  EXPECT_LT(switches, 2 * 1000 / 4);
  EXPECT_GT(switches, 50);
}

}  // namespace
}  // namespace skiff
