#include "server/origin/response_parser.h"

#include <gtest/gtest.h>

#include <memory_resource>
#include <string>
#include <vector>

namespace skiff {
namespace {

/// What one answer turned into.
struct Parsed {
  int status = 0;
  std::string headers;  ///< "name=value;" each
  std::string body;
  std::string error;
  bool headComplete = false;
  bool complete = false;
  bool keepAlive = false;
  std::size_t consumed = 0;
};

Parsed parseInSteps(std::string_view bytes, std::size_t step, ExpectBody expect, bool end,
                    ResponseLimits limits = {}) {
  std::pmr::monotonic_buffer_resource memory;
  HeaderList headers(memory);
  ByteQueue queue(64 * 1024);
  ResponseParser parser(headers, queue, expect, limits);
  Parsed result;
  while (result.consumed < bytes.size() && !parser.complete() && result.error.empty()) {
    const auto parsed = parser.parse(bytes.substr(result.consumed, step));
    if (parsed) {
      result.consumed += *parsed;
    } else {
      result.error = parsed.error().message;
    }
    std::string part(queue.size(), '\0');
    queue.read(std::as_writable_bytes(std::span(part)));
    result.body += part;
  }
  if (end && result.error.empty()) {
    const auto finished = parser.finish();
    if (!finished) result.error = finished.error().message;
  }
  result.status = parser.status();
  result.headComplete = parser.headComplete();
  result.complete = parser.complete();
  result.keepAlive = parser.complete() && parser.keepAlive();
  for (const Header& field : headers) {
    result.headers.append(field.name).append("=").append(field.value).append(";");
  }
  return result;
}

struct GoodAnswer {
  std::string name;
  std::string bytes;
  int status;
  std::string headers;
  std::string body;
  bool keepAlive;
  ExpectBody expect = ExpectBody::byHead;
  bool untilClose = false;
};

class GoodAnswers : public testing::TestWithParam<GoodAnswer> {};

TEST_P(GoodAnswers, AreReadTheSameInOnePieceAndByteByByte) {
  const GoodAnswer& expected = GetParam();
  for (const std::size_t step : {std::size_t{60'000}, std::size_t{1}, std::size_t{7}}) {
    const Parsed parsed = parseInSteps(expected.bytes, step, expected.expect, expected.untilClose);
    EXPECT_EQ(parsed.error, "") << "step " << step;
    EXPECT_TRUE(parsed.complete);
    EXPECT_EQ(parsed.status, expected.status);
    EXPECT_EQ(parsed.headers, expected.headers);
    EXPECT_EQ(parsed.body, expected.body);
    EXPECT_EQ(parsed.keepAlive, expected.keepAlive);
    EXPECT_EQ(parsed.consumed, expected.bytes.size());
  }
}

INSTANTIATE_TEST_SUITE_P(
    ResponseParser, GoodAnswers,
    testing::Values(
        GoodAnswer{"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b c \r\n\r\nhello", 200,
                   "Content-Length=5;X-A=b c;", "hello", true},
        GoodAnswer{"chunked",
                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                   "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
                   200, "", "abc0123456789", true},
        GoodAnswer{"chunked_with_trailers",
                   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                   "3\r\nabc\r\n0\r\nX-T: late\r\n\r\n",
                   200, "", "abc", true},
        GoodAnswer{"until_close", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nall of it", 200, "A=b;",
                   "all of it", false, ExpectBody::byHead, true},
        GoodAnswer{"no_reason", "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", 404,
                   "Content-Length=0;", "", true},
        GoodAnswer{"head_request", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", 200,
                   "Content-Length=500;", "", true, ExpectBody::never},
        GoodAnswer{"head_request_chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                   200, "", "", true, ExpectBody::never},
        GoodAnswer{"no_content", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", "", true},
        GoodAnswer{"no_content_with_a_length",
                   "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", 204, "Content-Length=3;",
                   "", false},
        GoodAnswer{"not_modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304,
                   "Content-Length=9;", "", true},
        GoodAnswer{"close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
                   200, "Content-Length=1;", "x", false},
        GoodAnswer{"http_1_0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200,
                   "Content-Length=1;", "x", false},
        GoodAnswer{"http_1_0_kept",
                   "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200,
                   "Content-Length=1;", "x", true},
        GoodAnswer{"hop_by_hop",
                   "HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nKeep-Alive: timeout=5\r\n"
                   "X-Hop: 1\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n",
                   200, "X-End=2;Content-Length=0;", "", true},
        GoodAnswer{"interim",
                   "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                   "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
                   201, "Content-Length=2;", "ok", true}),
    [](const auto& tested) { return tested.param.name; });

struct BadAnswer {
  std::string name;
  std::string bytes;
  std::string error;  ///< part of the message
  bool end = false;
};

class BadAnswers : public testing::TestWithParam<BadAnswer> {};

TEST_P(BadAnswers, AreRefusedWithThePreciseReason) {
  const BadAnswer& expected = GetParam();
  for (const std::size_t step : {std::size_t{60'000}, std::size_t{1}}) {
    const Parsed parsed = parseInSteps(expected.bytes, step, ExpectBody::byHead, expected.end);
    EXPECT_THAT(parsed.error, testing::HasSubstr(expected.error)) << "step " << step;
    EXPECT_NE(parsed.error, "") << "step " << step;
    EXPECT_FALSE(parsed.complete);
  }
}

std::string withFields(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    ResponseParser, BadAnswers,
    testing::Values(
        BadAnswer{"garbage", "\x16\x03\x01\x02 not http at all", "not valid HTTP/1.1"},
        BadAnswer{"another_protocol", "SSH-2.0-OpenSSH_9.2\r\n", "not valid HTTP/1.1"},
        BadAnswer{"a_request", "GET / HTTP/1.1\r\n\r\n", "not valid HTTP/1.1"},
        BadAnswer{"length_and_chunked",
                  withFields("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
                  "Transfer-Encoding"},
        BadAnswer{"chunked_and_length",
                  withFields("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
                  "Content-Length"},
        BadAnswer{"two_lengths", withFields("Content-Length: 3\r\nContent-Length: 3\r\n"),
                  "Content-Length"},
        BadAnswer{"list_of_lengths", withFields("Content-Length: 3, 3\r\n"), "Content-Length"},
        BadAnswer{"negative_length", withFields("Content-Length: -3\r\n"), "Content-Length"},
        BadAnswer{"length_overflow", withFields("Content-Length: 99999999999999999999999\r\n"),
                  "Content-Length"},
        BadAnswer{"other_coding", withFields("Transfer-Encoding: gzip\r\n"), "Transfer-Encoding"},
        BadAnswer{"two_codings", withFields("Transfer-Encoding: gzip, chunked\r\n"),
                  "Transfer-Encoding"},
        BadAnswer{"chunked_twice",
                  withFields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                  "Transfer-Encoding"},
        BadAnswer{"chunked_in_1_0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                  "HTTP/1.0"},
        BadAnswer{"status_000", "HTTP/1.1 000 Zero\r\n\r\n", "its status 0"},
        BadAnswer{"status_600", "HTTP/1.1 600 Much\r\n\r\n", "its status 600"},
        BadAnswer{"status_two_digits", "HTTP/1.1 20 OK\r\n\r\n", "not valid HTTP/1.1"},
        BadAnswer{"http_2", "HTTP/2.0 200 OK\r\n\r\n", "version"},
        BadAnswer{"switching", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "upgrade"},
        BadAnswer{"interim_with_body", "HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\n",
                  "interim"},
        BadAnswer{"endless_interim", repeated("HTTP/1.1 100 Continue\r\n\r\n", 17),
                  "more than 16 interim"},
        BadAnswer{"space_before_colon", withFields("X-A : b\r\n"), "not valid HTTP/1.1"},
        BadAnswer{"folded_field", withFields("X-A: b\r\n c\r\n"), ""},
        BadAnswer{"bare_lf", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "not valid HTTP/1.1"},
        BadAnswer{"nul_in_value", withFields(std::string("X-A: b\0c\r\n", 10)), ""},
        BadAnswer{"bad_chunk_size", withFields("Transfer-Encoding: chunked\r\n", "xyz\r\n"),
                  "not valid HTTP/1.1"},
        BadAnswer{"chunk_too_long",
                  withFields("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n0\r\n\r\n"),
                  "not valid HTTP/1.1"},
        BadAnswer{"chunk_size_overflow",
                  withFields("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"),
                  "not valid HTTP/1.1"},
        BadAnswer{"long_extension",
                  withFields("Transfer-Encoding: chunked\r\n",
                             "1;" + std::string(5000, 'e') + "\r\na\r\n"),
                  "extensions of a chunk"},
        BadAnswer{"long_head", withFields("X-A: " + std::string(70'000, 'a') + "\r\n"),
                  "its head is longer than 64KiB"},
        BadAnswer{"long_name", withFields(std::string(70'000, 'a') + ": b\r\n"),
                  "its head is longer than 64KiB"},
        BadAnswer{"many_fields", withFields(repeated("A: b\r\n", 201)),
                  "more than 200 header fields"},
        BadAnswer{"many_options", withFields("Connection: " + repeated("a,", 600) + "b\r\n"),
                  "Connection fields name too much"},
        BadAnswer{"long_trailers",
                  withFields("Transfer-Encoding: chunked\r\n",
                             "0\r\nX: " + std::string(70'000, 'a') + "\r\n"),
                  "its trailers are longer than 64KiB"},
        BadAnswer{"only_line_ends", repeated("\r\n", 600'000), "head is longer"},
        BadAnswer{"nothing", "", "without an answer", true},
        BadAnswer{"ends_in_head", "HTTP/1.1 200 OK\r\nConte", "inside the answer's head", true},
        BadAnswer{"ends_in_length", withFields("Content-Length: 10\r\n", "abc"),
                  "inside the answer's body", true},
        BadAnswer{"ends_in_chunk", withFields("Transfer-Encoding: chunked\r\n", "5\r\nab"),
                  "inside the answer's body", true},
        BadAnswer{"ends_before_last_chunk",
                  withFields("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n"),
                  "inside the answer's body", true}),
    [](const auto& tested) { return tested.param.name; });

TEST(ResponseParser, StopsExactlyAtTheEndOfTheAnswer) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  const Parsed parsed =
      parseInSteps(answer + "HTTP/1.1 200 OK\r\n", 60'000, ExpectBody::byHead, false);
  EXPECT_TRUE(parsed.complete);
  EXPECT_EQ(parsed.consumed, answer.size());
}

TEST(ResponseParser, TakesTheLargestHeadThatTheLimitsAllow) {
  std::string fields;
  for (int i = 0; i < 199; ++i) fields += "A: b\r\n";
  const Parsed parsed =
      parseInSteps(withFields(fields + "Content-Length: 0\r\n"), 60'000, ExpectBody::byHead, false);
  EXPECT_EQ(parsed.error, "");
  EXPECT_TRUE(parsed.complete);
}

}  // namespace
}  // namespace skiff
