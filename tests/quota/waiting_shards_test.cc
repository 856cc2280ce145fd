#include "quota/waiting_shards.h"

#include <gtest/gtest.h>

#include <vector>

namespace skiff {
namespace {

TEST(WaitingShardsTest, TakeTurns) {
  WaitingShards app;
  WaitingShards tenant;
  EXPECT_FALSE(WaitingShards::next(app, tenant));
  app.add(WaitingShards::placeOf(0));
  tenant.add(WaitingShards::placeOf(63));
  tenant.add(WaitingShards::placeOf(64 + 5));
  std::vector<std::size_t> turns;
  for (int i = 0; i < 6; ++i) turns.push_back(*WaitingShards::next(app, tenant));
  EXPECT_EQ(turns, (std::vector<std::size_t>{5, 63, 0, 5, 63, 0}));

  EXPECT_TRUE(tenant.has(5));
  tenant.remove(5);
  EXPECT_FALSE(tenant.has(5));
  EXPECT_EQ(WaitingShards::next(app, tenant), 63U);
  tenant.remove(63);
  app.remove(0);
  EXPECT_FALSE(app.any() || tenant.any());
}

}  // namespace
}  // namespace skiff
