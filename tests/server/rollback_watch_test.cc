#include "server/rollback_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class RollbackWatchTest : public ::testing::Test {
 protected:
  static AutoRollback rule() { return {.margin = 0.1, .window = 10s, .minRequests = 20}; }

  const RollbackWatch::Clock::time_point start_{};
};

TEST_F(RollbackWatchTest, TakesBackWhatFailsMoreOftenThanTheMarginAllows) {
  RollbackWatch watch(rule(), {});
  EXPECT_FALSE(watch.look(start_, {}, {}));
  const auto why = watch.look(start_ + 1s, {100, 25}, {1'000, 100});
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("of 100 requests to the new version 25.0% failed"));
  EXPECT_THAT(*why, HasSubstr("of 1000 to the old one 10.0%"));
}

TEST_F(RollbackWatchTest, LetsBeWhatIsWithinTheMargin) {
  RollbackWatch watch(rule(), {});
  watch.look(start_, {}, {});
  EXPECT_FALSE(watch.look(start_ + 1s, {100, 20}, {1'000, 100}));
}

TEST_F(RollbackWatchTest, JudgesNothingByTooFewRequests) {
  RollbackWatch watch(rule(), {});
  watch.look(start_, {}, {});
  EXPECT_FALSE(watch.look(start_ + 1s, {19, 19}, {1'000, 0}));
  EXPECT_TRUE(watch.look(start_ + 2s, {20, 20}, {1'000, 0}));
}

TEST_F(RollbackWatchTest, GoesByWhatTheOldOnesCameToOnceTheyGetNothing) {
  RollbackWatch likeBefore(rule(), {1'000, 500});
  likeBefore.look(start_, {}, {});
  EXPECT_FALSE(likeBefore.look(start_ + 1s, {100, 50}, {1, 0}));
  RollbackWatch worse(rule(), {1'000, 0});
  worse.look(start_, {}, {});
  EXPECT_TRUE(worse.look(start_ + 1s, {100, 50}, {1, 1}));
}

TEST_F(RollbackWatchTest, ForgetsWhatIsOlderThanTheWindow) {
  RollbackWatch watch(rule(), {});
  watch.look(start_, {}, {});
  // Nine failures of a start that went badly are too few to judge by, and then long ago.
  EXPECT_FALSE(watch.look(start_ + 1s, {9, 9}, {1'000, 0}));
  EXPECT_FALSE(watch.look(start_ + 12s, {9, 9}, {2'000, 0}));
  EXPECT_FALSE(watch.look(start_ + 13s, {109, 10}, {3'000, 0}));
}

TEST_F(RollbackWatchTest, EndsOnceTheNewOnesAreOld) {
  RollbackWatch watch(rule(), {});
  watch.look(start_, {}, {});
  watch.look(start_ + 99s, {1'000, 0}, {});
  EXPECT_FALSE(watch.isOver(start_ + 99s));
  EXPECT_TRUE(watch.isOver(start_ + 100s));
}

TEST_F(RollbackWatchTest, GoesOnWhileTheNewOnesHaveHardlyBeenAsked) {
  RollbackWatch watch(rule(), {});
  watch.look(start_, {}, {});
  watch.look(start_ + 1'000s, {19, 0}, {});
  EXPECT_FALSE(watch.isOver(start_ + 1'000s));
}

}  // namespace
}  // namespace skiff
