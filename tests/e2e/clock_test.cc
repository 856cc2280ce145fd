#include <gtest/gtest.h>

#include <sstream>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

/// What guests/test/clock.c answers, in nanoseconds.
struct Told {
  long long computed = -1;  ///< while it computed, by the monotonic clock
  long long realComputed = -1;
  long long slept = -1;   ///< while it slept for 20 ms
  long long waited = -1;  ///< while it waited for a moment that had passed
  long long resolution = -1;
};

Told ask(const std::string& clock) {
  ConfigText config;
  config.limits = "cpu_ms = 5000\n";
  config.apps = {{"clock", "test/clock", {}, {}}};
  std::string text = config.text();
  if (!clock.empty()) {
    const std::string tenant = "name = \"acme\"\n";
    text.insert(text.find(tenant) + tenant.size(), "clock = \"" + clock + "\"\n");
  }
  Daemon daemon(text);
  Told told;
  std::istringstream(daemon.get("clock.test").body) >> told.computed >> told.realComputed >>
      told.slept >> told.waited >> told.resolution;
  return told;
}

TEST(TheGuestsClock, StandsStillWhileItComputesAndGoesOnWhereItWaits) {
  const Told told = ask("");
  EXPECT_EQ(told.computed, 0);
  EXPECT_EQ(told.realComputed, 0);
  EXPECT_GE(told.slept, 20'000'000);
  EXPECT_GT(told.waited, 1'000) << "and what it waited for has come";
  EXPECT_EQ(told.resolution, 1);
}

TEST(TheGuestsClock, CountsWholeMillisecondsIfItIsCoarse) {
  const Told told = ask("coarse");
  for (const long long time : {told.computed, told.realComputed, told.slept, told.waited}) {
    EXPECT_EQ(time % 1'000'000, 0);
    EXPECT_GT(time, 0);
  }
  EXPECT_EQ(told.resolution, 1'000'000);
}

TEST(TheGuestsClock, IsTheSystemsIfItIsPrecise) {
  const Told told = ask("precise");
  EXPECT_GT(told.computed, 1'000'000);
  EXPECT_NE(told.computed % 1'000'000, 0);
  EXPECT_GT(told.realComputed, 1'000'000);
  EXPECT_GE(told.slept, 20'000'000);
  EXPECT_EQ(told.resolution, 1);
}

}  // namespace
}  // namespace skiff::e2e
