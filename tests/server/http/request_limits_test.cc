#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "tests/server/http/http_replay.h"

namespace skiff {
namespace {

constexpr std::string_view kBad = "refused 400 bad_request";

std::string withFields(std::size_t count, std::size_t valueSize) {
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 1; i < count; ++i) {
    request += "X: " + std::string(valueSize, 'v') + "\r\n";
  }
  return request + "\r\n";
}

std::string chunkedPost(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}

std::string lastEvent(const std::string& bytes, const HttpLimits& limits, std::size_t piece) {
  const auto events = replayRequests(bytes, limits, [&] { return piece; });
  return events.empty() ? "nothing" : events.back();
}

TEST(RequestLimitTest, EachIsMetAtItsValueAndBitesBeyond) {
  HttpLimits limits;
  limits.uri = 100;
  limits.headers = 1000;
  limits.headerCount = 10;
  struct Case {
    std::string_view name;
    std::string bytes;
    std::string_view outcome;
  };
  const std::string path(99, 'p');
  const std::string uriTooLong = "refused 414 uri_too_long";
  const std::string headersTooLarge = "refused 431 headers_too_large";
  const Case cases[] = {
      {"a target as long as allowed", "GET /" + path + " HTTP/1.1\r\nHost: a\r\n\r\n", "end"},
      {"a target one byte longer", "GET /p" + path + " HTTP/1.1\r\nHost: a\r\n\r\n", uriTooLong},
      {"a target without end", "GET /" + std::string(100'000, 'p'), uriTooLong},
      {"as many fields as allowed", withFields(10, 1), "end"},
      {"one field more", withFields(11, 1), headersTooLarge},
      {"fields as large as allowed", withFields(2, 1000 - 9 - 3), "end"},
      {"fields one byte larger", withFields(2, 1000 - 9 - 2), headersTooLarge},
      {"a value without end", "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'v'), headersTooLarge},
      {"a name without end", "GET / HTTP/1.1\r\n" + std::string(100'000, 'n'), headersTooLarge},
      {"blanks without end", "GET / HTTP/1.1\r\nX:" + std::string(100'000, ' '), headersTooLarge},
      {"trailers that are too large", chunkedPost("0\r\nT: " + std::string(1001, 't') + "\r\n\r\n"),
       headersTooLarge},
      {"an extension without end", chunkedPost("1;" + std::string(40'000, 'e')), kBad},
      {"a chunk size of zeros without end", chunkedPost(std::string(40'000, '0')), kBad},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, one.bytes.size()}) {
      EXPECT_EQ(lastEvent(one.bytes, limits, piece), one.outcome) << "in pieces of " << piece;
    }
  }
}

TEST(RequestLimitTest, ManySmallChunksAreHonest) {
  std::string body;
  for (int i = 0; i < 20'000; ++i) body += "1\r\nx\r\n";
  EXPECT_EQ(lastEvent(chunkedPost(body + "0\r\n\r\n"), {}, 4096), "end");
  EXPECT_EQ(lastEvent(chunkedPost(body + "0\r\n\r\n"), {}, 1u << 20), "end");
}

}  // namespace
}  // namespace skiff
