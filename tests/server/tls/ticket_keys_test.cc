#include "server/tls/ticket_keys.h"

#include <gtest/gtest.h>

namespace skiff {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TicketKeys::Time now{};
TicketKeys::Time manualClock() {
  return now;
}

TEST(TicketKeys, AreReplacedAndThenKnownAsLongAsTicketsLive) {
  now = TicketKeys::Time(hours(1000));
  TicketKeys keys(manualClock);
  const auto first = keys.current();
  ASSERT_TRUE(first);
  now += TicketKeys::kRotation - seconds(1);
  EXPECT_EQ(keys.current()->name, first->name);
  EXPECT_TRUE(keys.find(first->name)->isCurrent);

  now += seconds(1);
  const auto second = keys.current();
  EXPECT_NE(second->name, first->name);
  EXPECT_NE(second->cipher, first->cipher);
  EXPECT_NE(second->mac, first->mac);
  ASSERT_TRUE(keys.find(first->name));
  EXPECT_FALSE(keys.find(first->name)->isCurrent);
  EXPECT_EQ(keys.find(first->name)->key.cipher, first->cipher);

  now += TicketKeys::kLifetime - seconds(1);
  EXPECT_TRUE(keys.find(first->name));
  now += seconds(1);
  EXPECT_FALSE(keys.find(first->name));
}

TEST(TicketKeys, AreAllForgottenAfterALongSilence) {
  now = TicketKeys::Time(hours(1000));
  TicketKeys keys(manualClock);
  const auto first = keys.current();
  now += hours(1000);
  EXPECT_FALSE(keys.find(first->name));
  EXPECT_NE(keys.current()->name, first->name);
}

}  // namespace
}  // namespace skiff
