#include "quota/fair_places.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "quota/quotas.h"

namespace skiff {
namespace {

class FairPlacesTest : public ::testing::Test {
 protected:
  const TenantQuota* tenant(std::size_t i) {
    while (tenants.size() <= i) {
      tenants.push_back(
          std::make_unique<TenantQuota>("t" + std::to_string(tenants.size()), Limits()));
    }
    return tenants[i].get();
  }
  /// As many as it gets.
  std::size_t takeAll(const TenantQuota* tenant, std::size_t kept = 0) {
    std::size_t taken = 0;
    while (places.take(tenant, kept)) ++taken;
    return taken;
  }

  std::vector<std::unique_ptr<TenantQuota>> tenants;
  FairPlaces places{64};
};

TEST_F(FairPlacesTest, OneTenantAloneGetsAQuarterOfThem) {
  EXPECT_EQ(takeAll(tenant(0)), 16U);
  EXPECT_EQ(places.held(tenant(0)), 16U);
  EXPECT_EQ(places.free(), 48U);
}

TEST_F(FairPlacesTest, TenantsThatTakeInTurnsComeToHaveTheSame) {
  for (int rounds = 0; rounds < 64; ++rounds) {
    for (std::size_t i = 0; i < 3; ++i) places.take(tenant(i));
  }
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(places.held(tenant(i)), 8U);
}

TEST_F(FairPlacesTest, ATenantThatHasNoneFindsOneWhoeverActsTogether) {
  // Each takes all that it can get, before the next one comes.
  for (std::size_t i = 0; i < 32; ++i) EXPECT_GE(takeAll(tenant(i)), 1U) << i;
  EXPECT_GE(places.free(), 1U);
  EXPECT_TRUE(places.take(tenant(32)));
}

TEST_F(FairPlacesTest, WhatIsKeptStaysFree) {
  for (std::size_t i = 0; i < 100; ++i) takeAll(tenant(i), 8);
  EXPECT_EQ(places.free(), 8U);
  EXPECT_FALSE(places.take(tenant(200), 8));
  EXPECT_TRUE(places.take(tenant(200)));
}

TEST_F(FairPlacesTest, WhatIsGivenBackMayBeTakenAgain) {
  EXPECT_EQ(takeAll(tenant(0)), 16U);
  places.giveBack(tenant(0));
  EXPECT_TRUE(places.take(tenant(0)));
  EXPECT_FALSE(places.take(tenant(0)));
  for (int i = 0; i < 16; ++i) places.giveBack(tenant(0));
  EXPECT_EQ(places.held(tenant(0)), 0U);
  EXPECT_EQ(places.free(), 64U);
}

TEST_F(FairPlacesTest, OfFewPlacesEachTenantGetsOneTheLastOneToo) {
  FairPlaces few(2);
  EXPECT_TRUE(few.take(tenant(0)));
  EXPECT_FALSE(few.take(tenant(0)));
  EXPECT_TRUE(few.take(tenant(1)));
  EXPECT_FALSE(few.take(tenant(2)));
}

TEST_F(FairPlacesTest, HoldsWhateverTheOrder) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    FairPlaces some(1 + random() % 70);
    const std::size_t count = some.free();
    std::map<const TenantQuota*, std::size_t> held;
    for (int step = 0; step < 400; ++step) {
      const TenantQuota* const who = tenant(random() % 40);
      std::size_t sum = 0;
      for (const auto& [name, number] : held) sum += number;
      ASSERT_EQ(some.free(), count - sum);
      if (held[who] != 0 && random() % 3 == 0) {
        some.giveBack(who);
        --held[who];
        continue;
      }
      const std::size_t kept = random() % 4;
      const bool taken = some.take(who, kept);
      if (held[who] == 0) {
        ASSERT_EQ(taken, count - sum > kept);
      }
      if (!taken) continue;
      ++held[who];
      if (held[who] > 1) {
        ASSERT_GE(some.free(), count / 2) << "of the half for tenants that have none";
      }
      ASSERT_LE(held[who], std::max<std::size_t>(1, count / 4 + 1));
    }
  }
}

}  // namespace
}  // namespace skiff
