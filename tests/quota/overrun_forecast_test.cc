#include "quota/overrun_forecast.h"

#include <gtest/gtest.h>

namespace skiff {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class OverrunForecastTest : public ::testing::Test {
 protected:
  void overrun() { forecast.record(milliseconds(5), now); }
  void brief(int times) {
    for (int i = 0; i < times; ++i) forecast.record(microseconds(20), now);
  }
  OverrunForecast forecast;
  OverrunForecast::Clock::time_point now{seconds(1000)};
};

TEST_F(OverrunForecastTest, OneOverrunSaysLittleAndTwoInARowSayMuch) {
  EXPECT_FALSE(forecast.mayOverrun(now));
  overrun();
  EXPECT_FALSE(forecast.mayOverrun(now));
  overrun();
  EXPECT_TRUE(forecast.mayOverrun(now));
}

TEST_F(OverrunForecastTest, BriefActivationsMakeUpForOverruns) {
  for (int i = 0; i < 100; ++i) overrun();
  brief(10);
  EXPECT_TRUE(forecast.mayOverrun(now));
  brief(20);
  EXPECT_FALSE(forecast.mayOverrun(now));
}

TEST_F(OverrunForecastTest, SeldomOverrunsAmongBriefActivationsAreNone) {
  for (int i = 0; i < 100; ++i) {
    overrun();
    brief(12);
    EXPECT_FALSE(forecast.mayOverrun(now));
  }
}

TEST_F(OverrunForecastTest, ForgetsAfterAWhile) {
  overrun();
  overrun();
  now += seconds(9);
  EXPECT_TRUE(forecast.mayOverrun(now));
  now += seconds(2);
  EXPECT_FALSE(forecast.mayOverrun(now));
}

}  // namespace
}  // namespace skiff
