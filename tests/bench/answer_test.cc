#include "bench/coldstart/answer.h"

#include <gtest/gtest.h>

#include "bench/coldstart/server_steps.h"

namespace skiff::bench {
namespace {

TEST(AnAnswer, IsThereOnceItsBodyIs) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nserver-timing: route;dur=0.5\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_FALSE(readAnswer(whole.substr(0, i))) << i;
  const auto answer = readAnswer(whole);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->serverTiming, "route;dur=0.5");
}

TEST(AnAnswer, MayComeInChunks) {
  const std::string head = "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_FALSE(readAnswer(head + "5\r\nhello\r\n"));
  const auto answer = readAnswer(head + "5\r\nhello\r\n0\r\n\r\n");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->serverTiming, "");
}

TEST(ServerSteps, AreReadInNanoseconds) {
  const ServerSteps steps = readServerSteps("route;dur=0.012, module;dur=1.5,guest;dur=1002.003");
  EXPECT_EQ(steps[0], 12'000);
  EXPECT_EQ(steps[3], 1'500'000);
  EXPECT_EQ(steps[6], 1'002'003'000);
  EXPECT_EQ(steps[1], 0);
}

TEST(ServerSteps, ThatNobodyKnowsAreLeftOut) {
  for (const char* field :
       {"", "other;dur=5", "route", ",,,", ";dur=", "route;dur=", "route;dur=x"}) {
    EXPECT_EQ(readServerSteps(field), ServerSteps{}) << field;
  }
}

}  // namespace
}  // namespace skiff::bench
