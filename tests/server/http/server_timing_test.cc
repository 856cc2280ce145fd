#include "server/http/server_timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/http/response_head.h"

namespace skiff {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;
using Step = ServerTiming::Step;

std::string textOf(const ServerTiming& timing) {
  std::string text;
  timing.write(text);
  return text;
}

TEST(ServerTimingTest, BeginsWithTheTimeSinceTheRequestCame) {
  EXPECT_THAT(textOf(ServerTiming(12'345us)), StartsWith("route;dur=12."));
}

TEST(ServerTimingTest, WritesMillisecondsToTheMicrosecond) {
  ServerTiming timing(5s);
  timing.enter(Step::guest);
  timing.move(Step::route, Step::init, 1'002'003us);
  timing.move(Step::route, Step::module, 40us);
  EXPECT_THAT(textOf(timing), HasSubstr("module;dur=0.040, init;dur=1002.003"));
}

TEST(ServerTimingTest, LeavesStepsOutThatTookNoTime) {
  EXPECT_THAT(textOf(ServerTiming(1ms)), MatchesRegex("route;dur=1\\.[0-9][0-9][0-9]"));
  EXPECT_THAT(textOf(ServerTiming(-1s)), Not(HasSubstr("-")));
}

TEST(ServerTimingTest, MovesNoMoreThanThereIs) {
  ServerTiming timing(10ms);
  timing.enter(Step::guest);
  timing.move(Step::route, Step::isolate, 1h);
  timing.move(Step::queue, Step::init, 1h);
  EXPECT_THAT(textOf(timing), StartsWith("isolate;dur=10."));
  EXPECT_THAT(textOf(timing), Not(HasSubstr("init")));
}

TEST(ServerTimingTest, InAHeadReplacesTheGuests) {
  std::pmr::monotonic_buffer_resource memory;
  ResponseHead head(memory);
  head.headers.add("server-timing", "guest;dur=99999");
  head.headers.add("x-other", "stays");
  const ResponsePlan plan = planResponse(head, {false, false, true, 0});
  const ServerTiming timing(7ms);
  std::string out;
  EXPECT_FALSE(appendHead(out, head, plan, false, "D", &timing));
  EXPECT_THAT(out, HasSubstr("\r\nServer-Timing: route;dur=7."));
  EXPECT_THAT(out, HasSubstr("x-other: stays\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("99999")));
}

TEST(ServerTimingTest, IsNotFollowedByATrailerOfTheGuests) {
  std::pmr::monotonic_buffer_resource memory;
  ResponseHead head(memory);
  head.trailers.add("Server-Timing", "guest;dur=99999");
  head.trailers.add("X-Sum", "1");
  const ServerTiming timing(7ms);
  std::string with;
  appendTrailers(with, head.trailers, &timing);
  EXPECT_EQ(with, "X-Sum: 1\r\n\r\n");
  std::string without;
  appendTrailers(without, head.trailers);
  EXPECT_EQ(without, "Server-Timing: guest;dur=99999\r\nX-Sum: 1\r\n\r\n");
}

}  // namespace
}  // namespace skiff
