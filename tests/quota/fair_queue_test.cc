#include "quota/fair_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace skiff {
namespace {

struct Item : FairItem {
  int tenant = 0;
  int app = 0;
  int number = 0;
};

class FairQueueTest : public ::testing::Test {
 protected:
  struct Tenant {
    FairGroup group;
    std::uint32_t weight = 1;
    std::deque<FairFlow> apps;
    std::vector<std::uint32_t> appWeights;
  };

  FairFlow& addTenant(std::uint32_t weight, int apps = 1) {
    tenants.emplace_back();
    tenants.back().weight = weight;
    for (int i = 0; i < apps; ++i) tenants.back().apps.emplace_back(tenants.back().group);
    tenants.back().appWeights.assign(static_cast<std::size_t>(apps), weight);
    return tenants.back().apps.front();
  }
  FairFlow& flow(const Item& item) {
    return tenants[static_cast<std::size_t>(item.tenant)].apps[static_cast<std::size_t>(item.app)];
  }
  Item& push(int tenant, int app = 0) {
    items.push_back(std::make_unique<Item>());
    Item& item = *items.back();
    item.tenant = tenant;
    item.app = app;
    item.number = static_cast<int>(items.size());
    const Tenant& owner = tenants[static_cast<std::size_t>(tenant)];
    queue.push(flow(item), item,
               {.tenant = owner.weight, .app = owner.appWeights[static_cast<std::size_t>(app)]});
    return item;
  }
  Item* pop(double cost = 1) {
    auto* const item = static_cast<Item*>(queue.pop());
    if (item) queue.charge(flow(*item), cost);
    return item;
  }

  FairQueue queue;
  std::deque<Tenant> tenants;
  std::vector<std::unique_ptr<Item>> items;
};

TEST_F(FairQueueTest, KeepsTheOrderWithinAnApp) {
  addTenant(1);
  for (int i = 0; i < 5; ++i) push(0);
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(pop()->number, i);
  EXPECT_EQ(pop(), nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST_F(FairQueueTest, SharesByWeight) {
  for (const std::uint32_t weight : {1U, 2U, 4U}) addTenant(weight);
  for (int i = 0; i < 2000; ++i) push(i % 3);
  std::array<int, 3> served{};
  for (int i = 0; i < 700; ++i) ++served[static_cast<std::size_t>(pop()->tenant)];
  EXPECT_NEAR(served[0], 100, 2);
  EXPECT_NEAR(served[1], 200, 2);
  EXPECT_NEAR(served[2], 400, 2);
}

TEST_F(FairQueueTest, CountsCostsAndNotItems) {
  addTenant(1);
  addTenant(1);
  std::array<double, 2> cost{9, 1};
  std::array<double, 2> used{};
  for (int i = 0; i < 2000; ++i) push(i % 2);
  for (int i = 0; i < 500; ++i) {
    auto* const item = static_cast<Item*>(queue.pop());
    const auto tenant = static_cast<std::size_t>(item->tenant);
    queue.charge(flow(*item), cost[tenant]);
    used[tenant] += cost[tenant];
  }
  EXPECT_NEAR(used[0], used[1], 10);
}

TEST_F(FairQueueTest, ATenantGetsNoMoreForHavingMoreApps) {
  addTenant(1, 4);
  addTenant(1);
  for (int i = 0; i < 1000; ++i) {
    push(0, i % 4);
    push(1);
  }
  std::array<int, 2> served{};
  std::array<int, 4> apps{};
  for (int i = 0; i < 400; ++i) {
    const Item* const item = pop();
    ++served[static_cast<std::size_t>(item->tenant)];
    if (item->tenant == 0) ++apps[static_cast<std::size_t>(item->app)];
  }
  EXPECT_NEAR(served[0], 200, 2);
  for (const int app : apps) EXPECT_NEAR(app, 50, 2);
}

TEST_F(FairQueueTest, AppsShareByWeightWhatTheirTenantGets) {
  addTenant(10, 3);
  tenants[0].appWeights = {1, 2, 4};
  addTenant(10);
  for (int i = 0; i < 1000; ++i) {
    for (int app = 0; app < 3; ++app) push(0, app);
    push(1);
  }
  std::array<int, 2> served{};
  std::array<int, 3> apps{};
  for (int i = 0; i < 1400; ++i) {
    const Item* const item = pop();
    ++served[static_cast<std::size_t>(item->tenant)];
    if (item->tenant == 0) ++apps[static_cast<std::size_t>(item->app)];
  }
  EXPECT_NEAR(served[0], 700, 2) << "apps' weights give their tenant no more";
  EXPECT_NEAR(apps[0], 100, 2);
  EXPECT_NEAR(apps[1], 200, 2);
  EXPECT_NEAR(apps[2], 400, 2);
}

TEST_F(FairQueueTest, AChangedWeightHoldsForWhatIsPushedNext) {
  addTenant(10, 2);
  const auto serve = [&] {
    std::array<int, 2> apps{};
    for (int i = 0; i < 400; ++i) {
      push(0, 0);
      push(0, 1);
      ++apps[static_cast<std::size_t>(pop()->app)];
    }
    return apps;
  };
  EXPECT_NEAR(serve()[1], 200, 4);
  tenants[0].appWeights = {1, 3};
  EXPECT_NEAR(serve()[1], 300, 4);
}

TEST_F(FairQueueTest, WhoWasAwaySavesNothingUp) {
  addTenant(1);
  addTenant(1);
  for (int i = 0; i < 1000; ++i) push(0);
  for (int i = 0; i < 500; ++i) pop();
  for (int i = 0; i < 500; ++i) push(1);
  int late = 0;
  for (int i = 0; i < 100; ++i) late += pop()->tenant;
  EXPECT_NEAR(late, 50, 2);
}

TEST_F(FairQueueTest, OffersTheFirstOfEachFlowUntilOneIsTaken) {
  addTenant(1, 2);
  addTenant(1);
  push(0, 0);
  push(0, 0);
  push(0, 1);
  push(1);
  std::set<int> offered;
  EXPECT_EQ(queue.popFirst([&](FairItem& item) {
    offered.insert(static_cast<Item&>(item).number);
    return false;
  }),
            nullptr);
  EXPECT_EQ(offered, (std::set<int>{1, 3, 4}));
  offered.clear();
  EXPECT_EQ(queue.popFirst([&](FairItem& item) {
    offered.insert(static_cast<Item&>(item).number);
    return FairQueue::Offer::groupDeclined;
  }),
            nullptr);
  EXPECT_EQ(offered.size(), 2U) << "one of each tenant";
  EXPECT_TRUE(offered.contains(4));
  auto* const taken = static_cast<Item*>(
      queue.popFirst([](FairItem& item) { return static_cast<Item&>(item).number == 4; }));
  ASSERT_NE(taken, nullptr);
  EXPECT_FALSE(taken->is_linked());
  EXPECT_EQ(queue.size(), 3U);
}

TEST_F(FairQueueTest, ShedsTheNewestOfWhoHasMostForItsWeight) {
  addTenant(10);
  addTenant(1);
  for (int i = 0; i < 8; ++i) push(0);
  push(1);
  Item& newest = push(1);
  EXPECT_EQ(&queue.shed(), &newest) << "2 for a weight of 1 are more than 8 for one of 10";
  for (int i = 0; i < 8; ++i) push(0);
  EXPECT_EQ(&queue.shed(), items.back().get());
}

TEST_F(FairQueueTest, ForgetsNothingAndInventsNothing) {
  std::mt19937 random(4);
  for (int round = 0; round < 200; ++round) {
    tenants.clear();
    items.clear();
    const int count = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < count; ++i)
      addTenant(1 + random() % 100, 1 + static_cast<int>(random() % 3));
    std::set<Item*> waiting;
    for (int step = 0; step < 300; ++step) {
      switch (random() % 6) {
        case 0:
        case 1: {
          const int tenant = static_cast<int>(random() % static_cast<unsigned>(count));
          const auto apps = tenants[static_cast<std::size_t>(tenant)].apps.size();
          waiting.insert(&push(tenant, static_cast<int>(random() % apps)));
          break;
        }
        case 2: {
          Item* const item = pop(static_cast<double>(random() % 1000));
          ASSERT_EQ(item == nullptr, waiting.empty());
          if (item) {
            ASSERT_EQ(waiting.erase(item), 1U);
          }
          break;
        }
        case 3: {
          if (waiting.empty()) break;
          auto place = waiting.begin();
          std::advance(place, static_cast<long>(random() % waiting.size()));
          (*place)->leave();
          waiting.erase(place);
          break;
        }
        case 4: {
          if (waiting.empty()) break;
          ASSERT_EQ(waiting.erase(&static_cast<Item&>(queue.shed())), 1U);
          break;
        }
        case 5: {
          auto* const item =
              static_cast<Item*>(queue.popFirst([&](FairItem&) { return random() % 3 == 0; }));
          if (item) {
            ASSERT_EQ(waiting.erase(item), 1U);
          }
          break;
        }
      }
      ASSERT_EQ(queue.size(), waiting.size());
    }
    for (Item* item : waiting) item->leave();
    ASSERT_TRUE(queue.empty());
  }
}

}  // namespace
}  // namespace skiff
