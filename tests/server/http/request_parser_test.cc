#include "server/http/request_parser.h"

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/http/authority.h"
#include "tests/server/http/http_replay.h"

namespace skiff {
namespace {

using testing::ElementsAre;

struct GoodRequest {
  std::string_view name;
  std::string_view bytes;
  std::vector<std::string> events;
};

const GoodRequest kGood[] = {
    {"the smallest", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", {"head GET / a Host=a", "end"}},
    {"an empty line first",
     "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     {"head GET / a Host=a", "end"}},
    {"a host in capitals with a port",
     "GET / HTTP/1.1\r\nHost: Ab.C:8080\r\n\r\n",
     {"head GET / ab.c Host=Ab.C:8080", "end"}},
    {"a host with a trailing dot",
     "GET / HTTP/1.1\r\nHost: a.b.\r\n\r\n",
     {"head GET / a.b Host=a.b.", "end"}},
    {"a host with an empty port",
     "GET / HTTP/1.1\r\nHost: a:\r\n\r\n",
     {"head GET / a Host=a:", "end"}},
    {"an IPv6 host",
     "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
     {"head GET / [::1] Host=[::1]:80", "end"}},
    {"an absolute target",
     "GET http://b.c:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
     {"head GET /p?q b.c Host=b.c:81", "end"}},
    {"an absolute target without path",
     "GET HTTP://b HTTP/1.1\r\nHost: b\r\n\r\n",
     {"head GET / b Host=b", "end"}},
    {"an absolute target with only a query",
     "GET http://b?q HTTP/1.1\r\nHost: b\r\n\r\n",
     {"head GET /?q b Host=b", "end"}},
    {"an absolute target of OPTIONS",
     "OPTIONS http://b HTTP/1.1\r\nHost: b\r\n\r\n",
     {"head OPTIONS * b Host=b", "end"}},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {"head OPTIONS * a Host=a", "end"}},
    {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", {"head GET / a close Host=a", "end"}},
    {"HTTP/1.0 that keeps the connection",
     "GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n",
     {"head GET / a Host=a", "end"}},
    {"HTTP/1.0 expects nothing",
     "POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
     {"head POST / a close Host=a Expect=100-continue Content-Length=1", "body x", "end"}},
    {"values without blanks around",
     "GET / HTTP/1.1\r\nHost:a\r\nX: \t b c \t \r\nE:\r\n\r\n",
     {"head GET / a Host=a X=b c E=", "end"}},
    {"values beyond ASCII",
     "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\r\n\r\n",
     {"head GET / a Host=a X=\xc3\xa4", "end"}},
    {"hop-by-hop fields go",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop, Host, TE\r\nX-Hop: 1\r\nTE: "
     "trailers\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nY: 2\r\n\r\n",
     {"head GET / a close Host=a Y=2", "end"}},
    {"an offer to upgrade is not taken",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: "
     "2\r\n\r\nhi",
     {"head POST / a Host=a Content-Length=2", "body hi", "end"}},
    {"a body with a length",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\nhello",
     {"head POST / a Host=a Content-Length=005", "body hello", "end"}},
    {"a body of nothing",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
     {"head POST / a Host=a Content-Length=0", "end"}},
    {"an expectation",
     "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
     {"head PUT / a expect Host=a Expect=100-Continue Content-Length=1", "body x", "end"}},
    {"an expectation without a body",
     "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
     {"head GET / a Host=a Expect=100-continue", "end"}},
    {"chunks",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00A;x=\"y "
     "z\"\r\n, world!!!\r\n0\r\n\r\n",
     {"head POST / a Host=a", "body hello, world!!!", "end"}},
    {"chunks and trailers",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: "
     "v\r\nU:w\r\n\r\n",
     {"head POST / a Host=a", "body x", "end T=v U=w"}},
    {"no chunk but the last",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     {"head POST / a Host=a", "end"}},
    {"requests one behind the other",
     "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nPOST /2 "
     "HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nyGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
     {"head POST /1 a Host=a", "body x", "end", "head POST /2 a Host=a Content-Length=1", "body y",
      "end", "head GET /3 a Host=a", "end"}},
};

TEST(RequestParserTest, ReadsWhatIsWellFormedHoweverItArrives) {
  for (const GoodRequest& good : kGood) {
    SCOPED_TRACE(good.name);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, good.bytes.size()}) {
      EXPECT_EQ(replayRequests(good.bytes, {}, [&] { return piece; }), good.events)
          << "in pieces of " << piece;
    }
    std::mt19937 random(1);
    for (int round = 0; round < 50; ++round) {
      EXPECT_EQ(replayRequests(good.bytes, {}, [&] { return random() % 20; }), good.events);
    }
  }
}

TEST(RequestParserTest, ARequestThatIsCutIsNeverTakenForComplete) {
  const std::string_view whole =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: "
      "v\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    for (const std::string& event : replayRequests(whole.substr(0, size))) {
      EXPECT_FALSE(event.starts_with("end")) << "after " << size << " bytes";
    }
  }
}

TEST(RequestParserTest, AChunkedBodyBeyondItsLimitIsRefusedAtTheChunkThatIsTooMuch) {
  const HttpLimits limits;
  for (const auto& [size, refused] : {std::pair{"9", false}, {"a", false}, {"b", true}}) {
    RequestParser parser(limits);
    const std::string request =
        std::string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") + size +
        "\r\nx";
    ASSERT_EQ(parser.parseHead(request), RequestParser::Head::complete);
    parser.expectChunks();
    parser.setBodyLimit(10);
    std::array<std::byte, 100> into;
    parser.readBody(std::string_view(request).substr(parser.headSize()), into);
    EXPECT_EQ(parser.bodyRefusal().reason == Reason::bodyTooLarge, refused) << size;
  }
}

TEST(RequestParserTest, AllChunksTogetherCountAgainstTheLimit) {
  const HttpLimits limits;
  RequestParser parser(limits);
  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "8\r\n12345678\r\n2\r\n90\r\n1\r\nx\r\n0\r\n\r\n";
  ASSERT_EQ(parser.parseHead(request), RequestParser::Head::complete);
  parser.expectChunks();
  parser.setBodyLimit(10);
  std::array<std::byte, 100> into;
  const auto step = parser.readBody(std::string_view(request).substr(parser.headSize()), into);
  EXPECT_EQ(parser.bodyRefusal().reason, Reason::bodyTooLarge);
  EXPECT_EQ(step.produced, 10u);
}

TEST(RequestParserTest, SaysHowLongTheBodyIsAtLeast) {
  const HttpLimits limits;
  RequestParser parser(limits);
  parser.expectBody(1'000);
  EXPECT_EQ(parser.bodyAnnounced(), 1'000u);
  parser.reset();
  EXPECT_EQ(parser.bodyAnnounced(), 0u);

  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n5\r\n1";
  ASSERT_EQ(parser.parseHead(request), RequestParser::Head::complete);
  parser.expectChunks();
  std::array<std::byte, 100> into;
  parser.readBody(std::string_view(request).substr(parser.headSize()), into);
  EXPECT_EQ(parser.bodyAnnounced(), 13u);
}

TEST(RequestParserTest, BodyBytesGoWhereThereIsRoomAndNotBeyond) {
  const HttpLimits limits;
  RequestParser parser(limits);
  const std::string request =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  ASSERT_EQ(parser.parseHead(request), RequestParser::Head::complete);
  parser.expectChunks();
  std::string_view input = std::string_view(request).substr(parser.headSize());
  std::string body;
  while (!parser.bodyEnded()) {
    std::array<std::byte, 4> into{};
    const auto step = parser.readBody(input, std::span(into).first(2));
    ASSERT_NE(step.consumed, 0u);
    EXPECT_EQ(into[2], std::byte{});
    body.append(reinterpret_cast<const char*>(into.data()), step.produced);
    input.remove_prefix(step.consumed);
  }
  EXPECT_EQ(body, "hello");
  EXPECT_TRUE(input.empty());
}

TEST(AuthorityTest, TakesHostAndPortApart) {
  const auto authority = parseAuthority("[2001:db8::1]:443");
  ASSERT_TRUE(authority);
  EXPECT_EQ(authority->host, "[2001:db8::1]");
  EXPECT_EQ(authority->port, "443");
  EXPECT_FALSE(parseAuthority(""));
  EXPECT_FALSE(parseAuthority(std::string(256, 'a')));
  EXPECT_TRUE(parseAuthority(std::string(255, 'a')));
}

}  // namespace
}  // namespace skiff
