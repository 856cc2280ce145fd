#include "quota/token_bucket.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "quota/cpu_account.h"
#include "quota/gate.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class TokenBucketTest : public ::testing::Test {
 protected:
  int takeAll(TokenRate rate) {
    int taken = 0;
    while (bucket.tryTake(1, rate, now)) ++taken;
    return taken;
  }
  TokenBucket bucket;
  TokenBucket::Time now{seconds(1000)};
};

TEST_F(TokenBucketTest, HoldsItsBurstAndFillsAtItsRate) {
  const TokenRate rate{.perSecond = 100, .burst = 20};
  EXPECT_EQ(takeAll(rate), 20);
  now += milliseconds(50);
  EXPECT_EQ(takeAll(rate), 5);
  now += seconds(60);
  EXPECT_EQ(takeAll(rate), 20) << "no more than the burst is saved up";
}

TEST_F(TokenBucketTest, SaysHowLongUntilThereIsEnough) {
  const TokenRate rate{.perSecond = 10, .burst = 5};
  EXPECT_EQ(bucket.wait(5, rate, now), nanoseconds(0));
  takeAll(rate);
  EXPECT_EQ(bucket.wait(1, rate, now), milliseconds(100));
  EXPECT_EQ(bucket.wait(3, rate, now), milliseconds(300));
  EXPECT_EQ(bucket.wait(99, rate, now), milliseconds(500)) << "until it is full";
  now += milliseconds(300);
  EXPECT_TRUE(bucket.tryTake(3, rate, now));
}

TEST_F(TokenBucketTest, TakesAllOrNothing) {
  const TokenRate rate{.perSecond = 10, .burst = 5};
  EXPECT_FALSE(bucket.tryTake(6, rate, now));
  EXPECT_TRUE(bucket.tryTake(5, rate, now));
}

TEST_F(TokenBucketTest, PaysOffADebt) {
  const TokenRate rate{.perSecond = 1000, .burst = 100};
  bucket.take(600, rate, now);
  EXPECT_EQ(bucket.wait(1, rate, now), milliseconds(501));
  now += milliseconds(500);
  EXPECT_FALSE(bucket.tryTake(1, rate, now));
  now += milliseconds(1);
  EXPECT_TRUE(bucket.tryTake(1, rate, now));
}

TEST_F(TokenBucketTest, GivesBackWhatWasTaken) {
  const TokenRate rate{.perSecond = 10, .burst = 5};
  EXPECT_EQ(takeAll(rate), 5);
  bucket.giveBack(2, rate);
  EXPECT_EQ(takeAll(rate), 2);
}

TEST_F(TokenBucketTest, AChangeOfRateKeepsDebtsAsTheyAreInTime) {
  const TokenRate slow{.perSecond = 10, .burst = 10};
  const TokenRate fast{.perSecond = 1000, .burst = 1000};
  EXPECT_EQ(takeAll(slow), 10);
  // One second's worth was taken: neither forgiven by a higher rate nor made more of by a lower.
  EXPECT_EQ(bucket.wait(1, fast, now), milliseconds(1));
  now += milliseconds(250);
  EXPECT_EQ(takeAll(fast), 250);
  EXPECT_EQ(bucket.wait(1, slow, now), milliseconds(100));
}

TEST_F(TokenBucketTest, StandsTheLargestNumbers) {
  const TokenRate rate{.perSecond = 1, .burst = UINT64_MAX};
  EXPECT_TRUE(bucket.tryTake(1, rate, now));
  bucket.take(UINT64_MAX, rate, now);
  EXPECT_GT(bucket.wait(1, rate, now).count(), 0);
}

TEST_F(TokenBucketTest, GivesOutNoTokenTwiceToThreads) {
  const TokenRate rate{.perSecond = 1, .burst = 30'000};
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        if (bucket.tryTake(1, rate, now)) taken.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 30'000);
}

TEST(GateTest, LetsNoMoreInThanItsLimitWhicheverThreadsCome) {
  Gate gate;
  constexpr std::uint32_t kLimit = 3;
  std::atomic<std::uint32_t> most{0};
  std::atomic<int> entered{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) {
        if (!gate.tryEnter(kLimit)) continue;
        const std::uint32_t inside = gate.inside();
        std::uint32_t seen = most.load();
        while (inside > seen && !most.compare_exchange_weak(seen, inside)) {
        }
        entered.fetch_add(1);
        gate.leave();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, kLimit);
  EXPECT_GT(entered, 0);
  EXPECT_EQ(gate.inside(), 0U);
}

TEST(GateTest, ALowerLimitLetsThoseInsideStay) {
  Gate gate;
  EXPECT_TRUE(gate.tryEnter(2));
  EXPECT_TRUE(gate.tryEnter(2));
  EXPECT_FALSE(gate.tryEnter(1));
  gate.leave();
  EXPECT_FALSE(gate.tryEnter(1));
  gate.leave();
  EXPECT_TRUE(gate.tryEnter(1));
}

class CpuAccountTest : public ::testing::Test {
 protected:
  CpuAccountTest() {
    limits.cpuShare = 250;
    limits.cpuBurst = milliseconds(100);
    live.set(limits);
  }
  Limits limits;
  LiveLimits live{limits};
  CpuAccount account;
  CpuAccount::Time now{seconds(1000)};
};

TEST_F(CpuAccountTest, GivesItsShareInTheLongRun) {
  nanoseconds used{};
  for (nanoseconds passed{}; passed < seconds(10); passed += milliseconds(1)) {
    if (account.wait(live, now).count() == 0) {
      account.charge(milliseconds(1), live, now);
      used += milliseconds(1);
    }
    now += milliseconds(1);
  }
  EXPECT_NEAR(std::chrono::duration<double>(used).count(), 2.5 + 0.1, 0.01);
}

TEST_F(CpuAccountTest, SaysWhenADebtIsPaid) {
  account.charge(milliseconds(150), live, now);
  // 50 ms beyond the burst, at a quarter of a core.
  const auto wait = account.wait(live, now);
  EXPECT_NEAR(std::chrono::duration<double>(wait).count(), 0.2, 0.001);
  EXPECT_EQ(account.wait(live, now + wait), nanoseconds(0));
}

TEST_F(CpuAccountTest, HasNoLimitWithoutAShare) {
  limits.cpuShare = 0;
  live.set(limits);
  account.charge(std::chrono::hours(1), live, now);
  EXPECT_EQ(account.wait(live, now), nanoseconds(0));
}

}  // namespace
}  // namespace skiff
