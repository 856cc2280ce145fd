#include "server/split.h"

#include <gtest/gtest.h>

#include <memory_resource>

#include "isolate/exchange.h"

namespace skiff {
namespace {

class SplitTest : public ::testing::Test {
 protected:
  /// The part of the circle that a version has, in percent.
  static double percentOf(const Split& split, std::size_t version) {
    constexpr std::uint32_t kStep = 1 << 20;
    std::size_t hits = 0;
    for (std::uint32_t i = 0; i < 4'096; ++i) hits += split.at(i * kStep) == version ? 1 : 0;
    return static_cast<double>(hits) * 100 / 4'096;
  }

  std::pmr::monotonic_buffer_resource memory_;
  RequestHead head_{memory_};
};

TEST_F(SplitTest, GivesEachVersionItsWeight) {
  const Split split({95, 5});
  EXPECT_NEAR(percentOf(split, 0), 95, 0.1);
  EXPECT_NEAR(percentOf(split, 1), 5, 0.1);
}

TEST_F(SplitTest, GivesAVersionWithoutWeightNothing) {
  const Split split({0, 7, 0});
  EXPECT_EQ(percentOf(split, 1), 100);
  EXPECT_EQ(split.at(0), 1u);
  EXPECT_EQ(split.at(UINT32_MAX), 1u);
}

TEST_F(SplitTest, MovesOnlyTheKeysBetweenTheOldBorderAndTheNewOne) {
  const Split before({95, 5});
  const Split after({90, 10});
  for (std::uint32_t i = 0; i < 4'096; ++i) {
    const std::uint32_t place = i << 20;
    if (before.at(place) == 1) {
      EXPECT_EQ(after.at(place), 1u) << place;
    }
  }
}

TEST_F(SplitTest, KeepsACookiesValueWhereItIs) {
  const Split split({1, 1}, {StickyKey::Kind::cookie, "user"});
  head_.headers.addReference("cookie", "theme=dark; user=ada; x=1");
  const auto place = split.placeOf(head_, "127.0.0.1:1");
  ASSERT_TRUE(place);
  head_.headers.clear();
  head_.headers.addReference("Cookie", "a=b");
  head_.headers.addReference("Cookie", "user=ada");
  EXPECT_EQ(split.placeOf(head_, "10.0.0.1:1"), place);
  head_.headers.clear();
  head_.headers.addReference("Cookie", "user=bob");
  EXPECT_NE(split.placeOf(head_, "127.0.0.1:1"), place);
}

TEST_F(SplitTest, KnowsNoPlaceForARequestWithoutTheKey) {
  const Split byCookie({1, 1}, {StickyKey::Kind::cookie, "user"});
  head_.headers.addReference("cookie", "users=ada; user; xuser=1");
  EXPECT_FALSE(byCookie.placeOf(head_, "127.0.0.1:1"));
  const Split byHeader({1, 1}, {StickyKey::Kind::header, "x-user"});
  EXPECT_FALSE(byHeader.placeOf(head_, "127.0.0.1:1"));
  EXPECT_FALSE(Split({1, 1}).placeOf(head_, "127.0.0.1:1"));
}

TEST_F(SplitTest, GoesByAFieldOrByTheAddress) {
  const Split byHeader({1, 1}, {StickyKey::Kind::header, "x-user"});
  head_.headers.addReference("X-User", "ada");
  EXPECT_TRUE(byHeader.placeOf(head_, "127.0.0.1:1"));
  const Split byAddress({1, 1}, {StickyKey::Kind::ip, {}});
  EXPECT_EQ(byAddress.placeOf(head_, "127.0.0.1:1"), byAddress.placeOf(head_, "127.0.0.1:22"));
  EXPECT_EQ(byAddress.placeOf(head_, "[::1]:1"), byAddress.placeOf(head_, "[::1]:22"));
  EXPECT_NE(byAddress.placeOf(head_, "127.0.0.1:1"), byAddress.placeOf(head_, "127.0.0.2:1"));
}

TEST_F(SplitTest, SpreadsKeysByTheWeights) {
  const Split split({3, 1}, {StickyKey::Kind::header, "x-user"});
  int second = 0;
  for (int i = 0; i < 10'000; ++i) {
    head_.headers.clear();
    const std::string user = "user-" + std::to_string(i);
    head_.headers.addReference("x-user", user);
    second += split.at(split.placeOf(head_, {}).value()) == 1 ? 1 : 0;
  }
  EXPECT_NEAR(second, 2'500, 200);
}

}  // namespace
}  // namespace skiff
