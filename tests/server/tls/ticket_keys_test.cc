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

TEST(TicketKeys, AreGoneOnWithByAnotherProcessAsLongAsTheirOwnWouldHaveThem) {
  now = TicketKeys::Time(hours(1000));
  TicketKeys keys(manualClock);
  const auto first = keys.current();
  now += TicketKeys::kRotation;
  const auto second = keys.current();
  TicketKeys other(manualClock);
  (void)other.current();
  other.adopt(keys.all());
  EXPECT_EQ(other.current()->name, second->name);
  EXPECT_FALSE(other.find(first->name)->isCurrent);

  now += TicketKeys::kRotation;
  EXPECT_NE(other.current()->name, second->name);
  now += TicketKeys::kLifetime - TicketKeys::kRotation;
  EXPECT_FALSE(other.find(first->name));
  EXPECT_TRUE(other.find(second->name));
  now += TicketKeys::kRotation;
  EXPECT_FALSE(other.find(second->name));
}

TEST(TicketKeys, AreNotTakenFromTheFutureNorThePastNorInDisorder) {
  now = TicketKeys::Time(hours(1000));
  TicketKeys keys(manualClock);
  const auto make = [](std::uint8_t name, TicketKeys::Time made) {
    TicketKeys::Key key;
    key.name.fill(name);
    key.cipher.fill(name);
    key.mac.fill(name);
    key.made = made;
    return key;
  };
  const std::array<TicketKeys::Key, 4> strange{make(1, now + seconds(1)), make(2, now - seconds(2)),
                                               make(3, now - seconds(1)), make(4, now - hours(3))};
  keys.adopt(strange);
  ASSERT_EQ(keys.all().size(), 1U);
  EXPECT_EQ(keys.current()->name, strange[1].name);
  const std::vector<TicketKeys::Key> many(1'000, make(5, now));
  keys.adopt(many);
  EXPECT_EQ(keys.all().size(), TicketKeys::kMost);
}

}  // namespace
}  // namespace skiff
