#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "quota/io_account.h"
#include "quota/quotas.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(MemoryAccountTest, HoldsWhatFitsAndNothingMore) {
  MemoryAccount account;
  EXPECT_TRUE(account.tryTake(60, 100));
  EXPECT_FALSE(account.tryTake(41, 100));
  EXPECT_TRUE(account.tryTake(40, 100));
  EXPECT_FALSE(account.tryTake(1, 50)) << "the limit was lowered below what is held";
  EXPECT_FALSE(account.tryTake(UINT64_MAX, 100));
  account.giveBack(60);
  EXPECT_EQ(account.held(), 40U);
}

TEST(MemoryAccountTest, IsExactForManyThreads) {
  MemoryAccount account;
  constexpr std::uint64_t kLimit = 1'000;
  std::atomic<std::uint64_t> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20'000; ++round) {
        if (!account.tryTake(300, kLimit)) continue;
        const std::uint64_t held = account.held();
        if (held > most) most = held;
        account.giveBack(300);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, kLimit);
  EXPECT_EQ(account.held(), 0U);
}

TEST(TheIoOfATenant, IsThatOfItsAppsTogether) {
  Limits limits;
  limits.ioOpsPerSecond = 10;
  const auto tenant = std::make_shared<TenantQuota>("acme", limits);
  limits.ioOpsPerSecond = 1'000;
  AppQuota one(tenant, "one", limits);
  AppQuota two(tenant, "two", limits);
  AppQuota other(std::make_shared<TenantQuota>("globex", limits), "other", limits);
  one.chargeIo(0, 5);
  EXPECT_GT(one.ioWait(), milliseconds(300));
  EXPECT_GT(two.ioWait(), milliseconds(300)) << "though it did nothing itself";
  EXPECT_EQ(other.ioWait().count(), 0);
}

TEST(MemoryChargeTest, CountsForTheAppAndItsTenantAndGivesBackAtItsEnd) {
  Limits limits;
  limits.memoryTotal = ByteSize(100);
  const auto tenant = std::make_shared<TenantQuota>("acme", limits);
  const auto one = std::make_shared<AppQuota>(tenant, "one", limits);
  const auto two = std::make_shared<AppQuota>(tenant, "two", limits);
  MemoryCharge first(one);
  EXPECT_TRUE(first.take(70));
  {
    MemoryCharge second(two);
    EXPECT_FALSE(second.take(31)) << "too much for the tenant";
    EXPECT_EQ(two->memory.held(), 0U) << "all or nothing";
    EXPECT_TRUE(second.take(30));
    second.giveBack(10);
    EXPECT_EQ(tenant->memory.held(), 90U);
  }
  EXPECT_EQ(tenant->memory.held(), 70U);
  EXPECT_EQ(two->memory.held(), 0U);
  EXPECT_TRUE(MemoryCharge(nullptr).take(UINT64_MAX)) << "counted nowhere";
}

class IoAccountTest : public ::testing::Test {
 protected:
  void limit(std::uint64_t bytes, std::uint32_t operations) {
    Limits changed;
    changed.ioBytesPerSecond = ByteSize(bytes);
    changed.ioOpsPerSecond = operations;
    limits.set(changed);
  }

  LiveLimits limits{Limits()};
  IoAccount account;
  IoAccount::Time now{seconds(1000)};
};

TEST_F(IoAccountTest, CostsNothingWithoutALimit) {
  EXPECT_FALSE(account.isLimited(limits));
  account.charge(UINT64_MAX, 1'000'000, limits, now);
  EXPECT_EQ(account.wait(limits, now), nanoseconds(0));
}

TEST_F(IoAccountTest, HoldsBytesToTheirRateHoweverLargeTheTransfers) {
  limit(1 << 20, 0);
  const auto began = now;
  std::uint64_t moved = 0;
  for (const std::uint64_t size : {65'536U, 1U, 3'000'000U, 16'384U, 700'000U, 65'536U}) {
    for (int i = 0; i < 4; ++i) {
      now += account.wait(limits, now);
      account.charge(size, 1, limits, now);
      moved += size;
    }
  }
  now += account.wait(limits, now);
  const double passed = std::chrono::duration<double>(now - began).count();
  const double saved = 1.0 / 16;
  EXPECT_NEAR(passed, static_cast<double>(moved) / (1 << 20) - saved, 0.01);
}

TEST_F(IoAccountTest, HoldsCallsToTheirRateToo) {
  limit(0, 160);
  const auto began = now;
  for (int i = 0; i < 1'000; ++i) {
    now += account.wait(limits, now);
    account.charge(1, 1, limits, now);
  }
  EXPECT_NEAR(std::chrono::duration<double>(now - began).count(), 1'000.0 / 160 - 1.0 / 16, 0.02);
}

TEST_F(IoAccountTest, FollowsALimitThatChanges) {
  limit(1'000'000, 0);
  account.charge(2'000'000, 1, limits, now);
  EXPECT_GT(account.wait(limits, now), milliseconds(1'900));
  limit(0, 0);
  EXPECT_EQ(account.wait(limits, now), nanoseconds(0));
}

}  // namespace
}  // namespace skiff
