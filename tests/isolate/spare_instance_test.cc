// What is left of a module's trial serves the first request.
#include "isolate/spare_instance.h"

#include "tests/isolate/guest_fixture.h"

namespace skiff::testing {
namespace {

class TheInstanceOfATrial : public GuestTest {
 protected:
  TheInstanceOfATrial() { spares = &source_; }

  ColdStart acquireAndRelease(InstancePool& pool) {
    ColdStart cold;
    Reason refusal = Reason::none;
    std::string error;
    Instance* const instance = pool.acquire(cold, refusal, error);
    EXPECT_NE(instance, nullptr) << error;
    if (instance) pool.release(instance, InstanceFate::returned);
    return cold;
  }

 private:
  const SpareSource source_{nursery, budget};
};

TEST_F(TheInstanceOfATrial, IsTheFirstAndIsMadeOnce) {
  const auto pool = poolOf("test/count");
  const std::size_t isolates = testEngine().liveIsolates();
  const ColdStart first = acquireAndRelease(*pool);
  EXPECT_TRUE(first.happened);
  EXPECT_EQ(first.instantiate.count(), 0);
  EXPECT_EQ(testEngine().liveIsolates(), isolates) << "it came with its isolate";
  EXPECT_EQ(budget.used(), 1U);
}

TEST_F(TheInstanceOfATrial, IsAsPristineAsAnyOther) {
  const auto pool = poolOf("test/count");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(*pool), "memory=1 global=1\n");
}

TEST_F(TheInstanceOfATrial, IsForOnePoolOnly) {
  const auto module = prepare("test/count");
  InstancePool first(shard, module, {});
  InstancePool second(shard, module, {});
  EXPECT_EQ(acquireAndRelease(first).instantiate.count(), 0);
  EXPECT_GT(acquireAndRelease(second).instantiate.count(), 0);
  EXPECT_EQ(get(first), "memory=1 global=1\n");
  EXPECT_EQ(get(second), "memory=1 global=1\n");
}

TEST_F(TheInstanceOfATrial, IsCountedAndGoesWithItsModule) {
  const std::size_t isolates = testEngine().liveIsolates();
  {
    const auto module = prepare("test/count");
    EXPECT_EQ(budget.used(), 1U);
    EXPECT_EQ(testEngine().liveIsolates(), isolates + 1);
  }
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_EQ(testEngine().liveIsolates(), isolates);
}

TEST_F(TheInstanceOfATrial, IsNotKeptWhereTheBudgetIsSpent) {
  InstanceBudget none(0);
  const SpareSource source{nursery, none};
  spares = &source;
  const auto module = prepare("test/count");
  EXPECT_EQ(module->takeSpare(), nullptr);
}

TEST_F(TheInstanceOfATrial, IsNotKeptOfAModuleThatIsInitialisedAnew) {
  const auto module = prepare("test/count_table");
  EXPECT_FALSE(module->image);
  EXPECT_EQ(module->takeSpare(), nullptr);
  InstancePool pool(shard, module, {});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(pool), "table=1\n");
}

}  // namespace
}  // namespace skiff::testing
