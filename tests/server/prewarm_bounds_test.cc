#include "server/prewarm_bounds.h"

#include <gtest/gtest.h>

#include <vector>

namespace skiff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Places = std::vector<std::unique_ptr<PrewarmBounds::Place>>;

class PrewarmBoundsTest : public ::testing::Test {
 protected:
  /// Begins as many as it may; they go on loading.
  std::size_t beginAll(Places& places) {
    const std::size_t before = places.size();
    while (auto place = bounds.enter(now)) places.push_back(std::move(place));
    return places.size() - before;
  }
  PrewarmBounds bounds;
  PrewarmBounds::Time now{seconds(1'000)};
};

TEST_F(PrewarmBoundsTest, LetNoMoreThanSoManyLoadAtATime) {
  Places places;
  EXPECT_EQ(beginAll(places), PrewarmBounds::kMostLoading);
  places.back()->endLoading();
  places.back()->endLoading();
  EXPECT_EQ(beginAll(places), 1U) << "each ends once";
  places.erase(places.begin());
  EXPECT_EQ(beginAll(places), 1U) << "one that goes while it loads";
}

TEST_F(PrewarmBoundsTest, LetNoMoreThanSoManyBeginInASecond) {
  std::size_t begun = 0;
  while (bounds.enter(now)) ++begun;
  EXPECT_EQ(begun, PrewarmBounds::kRate.burst);
  now += seconds(1);
  for (begun = 0; bounds.enter(now);) ++begun;
  EXPECT_EQ(begun, PrewarmBounds::kRate.perSecond);
}

TEST_F(PrewarmBoundsTest, LetNoMoreThanSoManyBeThereThatNobodyHasAskedFor) {
  Places places;
  while (places.size() < PrewarmBounds::kMostUnused) {
    auto place = bounds.enter(now);
    ASSERT_TRUE(place) << places.size();
    place->endLoading();
    places.push_back(std::move(place));
    now += milliseconds(100);
  }
  now += seconds(10);
  EXPECT_FALSE(bounds.enter(now));
  places.pop_back();
  EXPECT_TRUE(bounds.enter(now));
}

TEST_F(PrewarmBoundsTest, PauseWhileMemoryIsShort) {
  EXPECT_FALSE(bounds.isPaused(now));
  bounds.pause(now);
  EXPECT_TRUE(bounds.isPaused(now + PrewarmBounds::kPause - milliseconds(1)));
  EXPECT_FALSE(bounds.isPaused(now + PrewarmBounds::kPause));
}

}  // namespace
}  // namespace skiff
