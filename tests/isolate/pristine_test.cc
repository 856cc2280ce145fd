// Every request sees the instance as it was after initialisation, however it is reset.
#include <set>

#include "tests/isolate/guest_fixture.h"

namespace skiff::testing {
namespace {

class PristineTest : public GuestTest, public ::testing::WithParamInterface<ResetMode> {
 protected:
  PristineTest() : GuestTest(GetParam()) {}
};

std::string nameOfMode(const ::testing::TestParamInfo<ResetMode>& mode) {
  constexpr const char* kNames[] = {"automatic", "hot", "scan", "discard", "fresh"};
  return kNames[static_cast<std::size_t>(mode.param)];
}

INSTANTIATE_TEST_SUITE_P(EveryReset, PristineTest,
                         ::testing::Values(ResetMode::hot, ResetMode::scan, ResetMode::discard,
                                           ResetMode::fresh),
                         nameOfMode);

TEST_P(PristineTest, ACounterInMemoryAndInAGlobalIsOneEachTime) {
  const auto pool = poolOf("test/count");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(get(*pool), "memory=1 global=1\n");
    EXPECT_EQ(reason, Reason::none) << detail;
  }
}

TEST_P(PristineTest, ACounterInATableIsOneEachTime) {
  const auto pool = poolOf("test/count_table");
  EXPECT_FALSE(pool->module().image);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get(*pool), "table=1\n");
}

TEST_P(PristineTest, ASecretIsNotThereForTheNextRequest) {
  const auto pool = poolOf("test/secret");
  for (int i = 0; i < 5; ++i) {
    FakeExchange exchange;
    exchange.setRequest("POST", "/");
    exchange.sendBody("secret number " + std::to_string(i));
    serve(*pool, exchange);
    EXPECT_EQ(exchange.body(), "clean\n");
    EXPECT_EQ(reason, Reason::none) << detail;
  }
}

TEST_P(PristineTest, AnyNumberOfDirtyPagesIsCleanedAgain) {
  const auto pool = poolOf("test/dirty");
  for (const int pages : {1, 2, 16, 31, 33, 64, 200, 512, 3, 512, 512, 512, 1, 1}) {
    EXPECT_EQ(get(*pool, "/?pages=" + std::to_string(pages)), "0\n") << pages;
    EXPECT_EQ(reason, Reason::none) << detail;
  }
  EXPECT_EQ(get(*pool, "/?pages=0"), "0\n");
}

TEST_P(PristineTest, InstancesThatRunInterleavedStayApart) {
  const auto pool = poolOf("echo");
  for (int round = 0; round < 5; ++round) {
    FakeExchange first;
    FakeExchange second;
    for (FakeExchange* exchange : {&first, &second}) {
      exchange->setRequest("POST", "/");
      exchange->expectBody();
    }
    const auto firstRun = run(*pool, first);
    const auto secondRun = run(*pool, second);
    ASSERT_EQ(firstRun->start(), GuestRun::State::waiting);
    ASSERT_EQ(secondRun->start(), GuestRun::State::waiting);
    second.arrive("two");
    second.endBody();
    first.arrive("one");
    first.endBody();
    while (secondRun->resume() == GuestRun::State::waiting) {
    }
    while (firstRun->resume() == GuestRun::State::waiting) {
    }
    EXPECT_EQ(first.body(), "one");
    EXPECT_EQ(second.body(), "two");
  }
}

TEST_P(PristineTest, RandomnessDrawnWhileInitialisingIsNeverTheSameTwice) {
  const auto pool = poolOf("test/entropy");
  EXPECT_FALSE(pool->module().image);
  std::set<std::string> answers;
  for (int i = 0; i < 20; ++i) {
    const std::string answer = get(*pool);
    ASSERT_EQ(answer.size(), 17U);
    EXPECT_EQ(answer.back(), 'A') << "a global that initialisation set";
    answers.insert(answer);
  }
  EXPECT_EQ(answers.size(), 20U);
}

class ReuseTest : public GuestTest {};

TEST_F(ReuseTest, StateIsKeptOnlyIfTheAppAsksForIt) {
  reuse = Reuse::dirty;
  const auto pool = poolOf("test/count");
  EXPECT_EQ(get(*pool), "memory=1 global=1\n");
  EXPECT_EQ(get(*pool), "memory=2 global=2\n");
}

}  // namespace
}  // namespace skiff::testing
