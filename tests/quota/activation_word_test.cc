#include "quota/activation_word.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/quota/interleavings.h"

namespace skiff::testing {
namespace {

using Word = BasicActivationWord<Interleaved>;
using State = Word::State;

/// A thread that runs guests, the watchdog, and what both of them touch. Each use of something is
/// two steps, so that a use by the other one in between is noticed.
struct World {
  Word word;
  InterleavedMutex mutex;
  Interleaved<int> shardUsers{0};  ///< the owner's host functions, or who took the shard over
  bool handedOff = false;
  /// What belongs to the activation under way (its isolate, its budget): not there in between.
  Interleaved<int> activation{0};
  int terminated = 0;  ///< the activation that was ended
  bool twoInShard = false;
  bool usedAfterEnd = false;
  bool endedWrongly = false;
  int endedAway = 0;
  int hostCalls = 0;
  int hostCallsAway = 0;

  void useShard() {
    if (shardUsers.exchange(1) != 0) twoInShard = true;
    shardUsers.store(0);
  }

  /// Activations one after the other, each with a host call.
  void own(int activations) {
    bool away = false;
    for (int number = 1; number <= activations; ++number) {
      activation.store(number);
      word.begin(away);
      if (!away && word.enterHost()) {
        useShard();
        ++hostCalls;
        word.leaveHost();
      } else {
        ++hostCallsAway;
      }
      away = word.end() || away;
      if (word.wasClaimed()) {
        mutex.lock();
        if (terminated != 0 && terminated != number) endedWrongly = true;
        terminated = 0;
        activation.store(0);
        mutex.unlock();
      } else {
        activation.store(0);
      }
    }
    if (away) ++endedAway;
    // The loop goes on on this thread, if it still has it.
    if (!away) useShard();
  }

  /// Looks, claims, hands off and ends whatever is under way.
  void watch(int looks) {
    for (int i = 0; i < looks; ++i) {
      const Word::Seen seen = word.look();
      if (seen.state == State::idle) continue;
      mutex.lock();
      if (word.claim(seen.sequence)) {
        const int before = activation.load();
        if (!handedOff && seen.state != State::away && word.handOff(seen.sequence)) {
          handedOff = true;
          useShard();  // the thread that took over
        }
        terminated = static_cast<int>(seen.sequence);
        if (before == 0 || activation.load() != before) usedAfterEnd = true;
      }
      mutex.unlock();
    }
  }
};

class ActivationWordTest : public ::testing::Test {
 protected:
  std::size_t explore(int activations, int looks) {
    return Interleavings::explore(
        [&]() -> std::vector<Interleavings::Program> {
          world = std::make_unique<World>();
          return {[this, activations] { world->own(activations); },
                  [this, looks] { world->watch(looks); }};
        },
        [&] {
          EXPECT_FALSE(world->twoInShard) << "the shard was taken from under a host function";
          EXPECT_FALSE(world->usedAfterEnd) << "an activation's own was used after its end";
          EXPECT_FALSE(world->endedWrongly) << "a termination hit the wrong activation";
          EXPECT_EQ(world->endedAway == 1, world->handedOff) << "who has the shard?";
          handOffs += world->handedOff ? 1 : 0;
          hostCalls += static_cast<std::size_t>(world->hostCalls);
          hostCallsAway += static_cast<std::size_t>(world->hostCallsAway);
        });
  }

  std::unique_ptr<World> world;
  std::size_t handOffs = 0;
  std::size_t hostCalls = 0;
  std::size_t hostCallsAway = 0;
};

TEST_F(ActivationWordTest, HoldsInEveryOrderOfOneActivationAndOneLook) {
  const std::size_t orders = explore(1, 1);
  // Enough orders, and both ends of it among them.
  EXPECT_GT(orders, 100U);
  EXPECT_GT(handOffs, 0U);
  EXPECT_LT(handOffs, orders);
  EXPECT_GT(hostCalls, 0U);
  EXPECT_GT(hostCallsAway, 0U);
}

TEST_F(ActivationWordTest, HoldsInEveryOrderOfTwoActivationsAndOneLook) {
  const std::size_t orders = explore(2, 1);
  RecordProperty("orders", std::to_string(orders));
  EXPECT_GT(orders, 1'000U);
  EXPECT_GT(handOffs, 0U);
}

TEST_F(ActivationWordTest, HoldsInEveryOrderOfOneActivationAndTwoLooks) {
  const std::size_t orders = explore(1, 2);
  RecordProperty("orders", std::to_string(orders));
  EXPECT_GT(orders, 1'000U);
  EXPECT_GT(handOffs, 0U);
}

/// That the search would find it: the same without the claim.
TEST(InterleavingsTest, FindsAnUpdateThatIsLost) {
  std::size_t lost = 0;
  std::unique_ptr<Interleaved<int>> count;
  Interleavings::explore(
      [&]() -> std::vector<Interleavings::Program> {
        count = std::make_unique<Interleaved<int>>(0);
        const auto increment = [&] { count->store(count->load() + 1); };
        return {increment, increment};
      },
      [&] { lost += count->load() == 1 ? 1 : 0; });
  EXPECT_GT(lost, 0U);
}

}  // namespace
}  // namespace skiff::testing
