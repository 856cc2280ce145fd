#include "server/http/response_head.h"

#include <memory_resource>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/http_date.h"
#include "server/http/problem.h"
#include "server/http/request_id.h"

namespace skiff {
namespace {

using testing::HasSubstr;
using testing::Not;

class ResponseHeadTest : public testing::Test {
 protected:
  std::string write(const ResponseContext& context) {
    std::string out;
    fault = appendHead(out, head, planResponse(head, context), context.version10, "D");
    return out;
  }

  std::pmr::monotonic_buffer_resource memory;
  ResponseHead head{memory};
  std::optional<std::string_view> fault;
};

constexpr ResponseContext context(bool headOnly, bool version10, bool keepAlive,
                                  std::optional<std::uint64_t> size) {
  return {headOnly, version10, keepAlive, size};
}

TEST_F(ResponseHeadTest, IsFramedByWhatIsKnownAndByWhatTheClientUnderstands) {
  struct Case {
    std::string_view name;
    int status;
    std::string_view announced;
    ResponseContext context;
    std::string_view expected;
  };
  const Case cases[] = {
      {"known", 200, "", context(false, false, true, 5),
       "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n"},
      {"known, announced otherwise", 200, "9", context(false, false, true, 5),
       "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n"},
      {"empty", 200, "", context(false, false, true, 0),
       "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\n\r\n"},
      {"streamed", 200, "", context(false, false, true, {}),
       "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"streamed, announced", 200, "9", context(false, false, true, {}),
       "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 9\r\n\r\n"},
      {"streamed, announced wrongly", 200, "9x", context(false, false, true, {}),
       "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"known, closing", 200, "", context(false, false, false, 5),
       "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"},
      {"known, 1.0", 200, "", context(false, true, true, 5),
       "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n"},
      {"streamed, 1.0", 200, "", context(false, true, true, {}),
       "HTTP/1.1 200 OK\r\nDate: D\r\nConnection: close\r\n\r\n"},
      {"no content", 204, "5", context(false, false, true, 0),
       "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n"},
      {"not modified", 304, "", context(false, false, true, 0),
       "HTTP/1.1 304 Not Modified\r\nDate: D\r\n\r\n"},
      {"not modified, announced", 304, "7", context(false, false, true, 0),
       "HTTP/1.1 304 Not Modified\r\nDate: D\r\nContent-Length: 7\r\n\r\n"},
      {"HEAD", 200, "", context(true, false, true, 5),
       "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n"},
      {"HEAD, announced", 200, "7", context(true, false, true, {}),
       "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 7\r\n\r\n"},
      {"HEAD, unknown", 200, "", context(true, false, true, {}),
       "HTTP/1.1 200 OK\r\nDate: D\r\n\r\n"},
      {"a status without a phrase", 299, "", context(false, false, true, 0),
       "HTTP/1.1 299 \r\nDate: D\r\nContent-Length: 0\r\n\r\n"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    head.status = one.status;
    head.headers.clear();
    if (!one.announced.empty()) head.headers.add("content-length", one.announced);
    EXPECT_EQ(write(one.context), one.expected);
    EXPECT_FALSE(fault);
  }
}

TEST_F(ResponseHeadTest, KeepsTheGuestsFieldsButNotTheConnections) {
  head.headers.add("X", "1");
  head.headers.add("Connection", "upgrade");
  head.headers.add("Transfer-Encoding", "gzip");
  head.headers.add("Upgrade", "x");
  head.headers.add("Keep-Alive", "x");
  head.headers.add("date", "the guest's");
  head.headers.add("Date", "another");
  head.headers.add("Set-Cookie", "a");
  head.headers.add("Set-Cookie", "b");
  EXPECT_EQ(write(context(false, false, true, 0)),
            "HTTP/1.1 200 OK\r\nX: 1\r\ndate: the guest's\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST_F(ResponseHeadTest, CannotBeSplitByAGuest) {
  const std::pair<std::string_view, std::string_view> hostile[] = {
      {"X", "a\r\nSet-Cookie: b"},
      {"X", "a\nb"},
      {"X", std::string_view("a\0b", 3)},
      {"X: b\r\nY", "a"},
      {"", "a"},
      {"X Y", "a"},
      {"X:", "a"},
      {"X", "a\rb"}};
  for (const auto& [name, value] : hostile) {
    head.headers.clear();
    head.headers.add(name, value);
    write(context(false, false, true, 0));
    EXPECT_TRUE(fault) << name << "=" << value;
  }
}

TEST_F(ResponseHeadTest, IsBounded) {
  for (int i = 0; i < 70; ++i) head.headers.add("X", std::string(1000, 'x'));
  write(context(false, false, true, 0));
  EXPECT_TRUE(fault);
}

TEST_F(ResponseHeadTest, RefusesAStatusThatIsNotFinal) {
  for (const int status : {0, 99, 100, 101, 199, 600, -1, 1000}) {
    head.status = status;
    write(context(false, false, true, 0));
    EXPECT_TRUE(fault) << status;
  }
}

TEST_F(ResponseHeadTest, TrailersThatWouldReframeTheMessageAreLeftOut) {
  head.trailers.add("Content-Length", "5");
  head.trailers.add("Transfer-Encoding", "chunked");
  head.trailers.add("Host", "x");
  head.trailers.add("T", "v\r\nbad");
  head.trailers.add("Good", "yes");
  std::string out;
  appendTrailers(out, head.trailers);
  EXPECT_EQ(out, "Good: yes\r\n\r\n");
}

TEST(ProblemTest, SaysReasonStatusAndRequest) {
  std::pmr::monotonic_buffer_resource memory;
  ResponseHead head(memory);
  const Problem problem{Reason::overloaded, 503, "say \"when\"\x01\xff", "1234"};
  fillProblemHead(head, problem);
  EXPECT_EQ(head.status, 503);
  EXPECT_EQ(*head.headers.find("skiff-reason"), "overloaded");
  EXPECT_EQ(*head.headers.find("content-type"), "application/problem+json");
  EXPECT_TRUE(head.headers.contains("Retry-After"));
  const std::string body = problemBody(problem);
  EXPECT_THAT(body, HasSubstr(R"("status":503)"));
  EXPECT_THAT(body, HasSubstr(R"("reason":"overloaded")"));
  EXPECT_THAT(body, HasSubstr(R"("request_id":"1234")"));
  EXPECT_THAT(body, HasSubstr(R"("detail":"say \"when\"??")"));
}

TEST(ProblemTest, OffersARetryOnlyWhereItHelps) {
  std::pmr::monotonic_buffer_resource memory;
  ResponseHead head(memory);
  fillProblemHead(head, {Reason::noRoute, 404, {}, "1"});
  EXPECT_FALSE(head.headers.contains("Retry-After"));
  EXPECT_THAT(problemBody({Reason::noRoute, 404, {}, "1"}), Not(HasSubstr("detail")));
}

TEST(HttpDateTest, IsWrittenAsRfc9110Says) {
  HttpDate date;
  EXPECT_EQ(date.at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.at(784111778), "Sun, 06 Nov 1994 08:49:38 GMT");
  EXPECT_EQ(date.at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(RequestIdsTest, AreDifferentForEveryRequestAndEveryFrontEnd) {
  RequestIds one;
  RequestIds other;
  const auto first = one.next();
  EXPECT_NE(one.text(first), one.text(one.next()));
  EXPECT_NE(one.text(first), other.text(first));
  EXPECT_EQ(one.text(first), one.text(first));
}

}  // namespace
}  // namespace skiff
