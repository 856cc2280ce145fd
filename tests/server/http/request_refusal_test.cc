#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/http/http_replay.h"

namespace skiff {
namespace {

struct HostileRequest {
  std::string_view name;
  std::string_view bytes;
  std::string_view outcome;  ///< the last event
};

using namespace std::string_view_literals;

constexpr std::string_view kBad = "refused 400 bad_request";

/// Each could be read in two ways by two readers, or is not HTTP/1.1 as it is served here.
constexpr HostileRequest kHostile[] = {
    // Which message ends where.
    {"length and chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     kBad},
    {"chunked and length",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "4\r\n\r\n0\r\n\r\n",
     kBad},
    {"two lengths",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", kBad},
    {"twice the same length",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", kBad},
    {"a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd", kBad},
    {"a length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd", kBad},
    {"a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", kBad},
    {"a hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nabcd", kBad},
    {"a length with a blank inside",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 0\r\n\r\nabcd", kBad},
    {"an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nabcd", kBad},
    {"a length beyond 64 bits",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", kBad},
    {"a length and a blank before its colon",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 4\r\n\r\nabcd", kBad},
    {"a coding and a blank before its colon",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", kBad},
    {"chunked twice in one field",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", kBad},
    {"chunked in two fields",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     kBad},
    {"chunked before another coding",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", kBad},
    {"another coding before chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     "refused 501 bad_request"},
    {"a coding that is not chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "refused 501 bad_request"},
    {"identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
     "refused 501 bad_request"},
    {"a coding that contains chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
     "refused 501 bad_request"},
    {"chunked in quotes",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
     "refused 501 bad_request"},
    {"chunked with a parameter",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n",
     "refused 501 bad_request"},
    {"chunked behind a vertical tab",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n", kBad},
    {"chunked on a folded line",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", kBad},
    {"chunked in HTTP/1.0",
     "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", kBad},
    {"an empty coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", kBad},

    // Chunks.
    {"a chunk size with a sign",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
     kBad},
    {"a chunk size with a prefix",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
     kBad},
    {"a chunk size beyond 64 bits",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
     "chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
     kBad},
    {"a blank behind the chunk size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
     kBad},
    {"a blank before the chunk size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n",
     kBad},
    {"no chunk size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n",
     kBad},
    {"a chunk longer than its size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n",
     kBad},
    {"a bare line feed behind the chunk size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", kBad},
    {"a bare line feed behind the chunk",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", kBad},
    {"a bare carriage return behind the chunk size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\rhello\r\n0\r\n\r\n", kBad},
    {"a bare line feed in an extension",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n",
     kBad},
    {"a chunk that is not ended",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", kBad},
    {"a length in the trailers",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: "
     "5\r\n\r\n",
     kBad},
    {"a malformed trailer",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA b: c\r\n\r\n", kBad},

    // Lines and fields.
    {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", kBad},
    {"a bare line feed behind a field", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", kBad},
    {"a bare carriage return in a value", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", kBad},
    {"a bare carriage return at the head's end", "GET / HTTP/1.1\r\nHost: a\r\n\rX", kBad},
    {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"sv, kBad},
    {"NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0Y: b\r\n\r\n"sv, kBad},
    {"a control in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", kBad},
    {"a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", kBad},
    {"a field that begins with a blank", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", kBad},
    {"a field without a colon", "GET / HTTP/1.1\r\nHost: a\r\nbroken\r\n\r\n", kBad},
    {"a field without a name", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", kBad},
    {"a name in brackets", "GET / HTTP/1.1\r\nHost: a\r\n[X]: b\r\n\r\n", kBad},
    {"a name beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa4: b\r\n\r\n", kBad},

    // The request line.
    {"two blanks behind the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"two blanks behind the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"a tab behind the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", kBad},
    {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"no version", "GET /\r\nHost: a\r\n\r\n", kBad},
    {"a method in lower case", "get / HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"an unknown method", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", "refused 501 bad_request"},
    {"a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", kBad},
    {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "refused 505 bad_request"},
    {"HTTP/2.0 in the request line", "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
     "refused 505 bad_request"},
    {"HTTP/0.9 in the request line", "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
     "refused 505 bad_request"},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "refused 505 bad_request"},
    {"a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", kBad},
    {"another protocol's version", "OPTIONS * RTSP/1.0\r\nHost: a\r\n\r\n", kBad},
    {"another protocol's method", "SOURCE / ICE/1.0\r\nHost: a\r\n\r\n", kBad},
    {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"a bare line feed first", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", kBad},

    // The target.
    {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", kBad},
    {"an authority as target", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"a relative target", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"* with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"an https target", "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"an ftp target", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"a user in the target", "GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"a backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"a byte beyond ASCII in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"DEL in the target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"sv, kBad},

    // The host.
    {"no Host", "GET / HTTP/1.1\r\n\r\n", kBad},
    {"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", kBad},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", kBad},
    {"twice the same Host", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", kBad},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", kBad},
    {"a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", kBad},
    {"a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", kBad},
    {"a user in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", kBad},
    {"a blank in Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", kBad},
    {"a percent in Host", "GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", kBad},
    {"a Host beyond ASCII", "GET / HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n", kBad},
    {"an empty label in Host", "GET / HTTP/1.1\r\nHost: a..b\r\n\r\n", kBad},
    {"a port that is no number", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", kBad},
    {"a port beyond 65535", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", kBad},
    {"two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", kBad},
    {"brackets without an address", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", kBad},
    {"brackets with a name", "GET / HTTP/1.1\r\nHost: [a]\r\n\r\n", kBad},
    {"brackets that are not closed", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", kBad},
    {"a bad Host beside a good target", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n", kBad},

    // Expectations.
    {"an unknown expectation",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx",
     "refused 417 bad_request"},
    {"two expectations",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: "
     "100-continue\r\nContent-Length: 1\r\n\r\nx",
     "refused 417 bad_request"},
};

TEST(HostileRequestTest, EachIsRefusedWithItsStatusHoweverItArrives) {
  for (const HostileRequest& hostile : kHostile) {
    SCOPED_TRACE(hostile.name);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, hostile.bytes.size()}) {
      const auto events = replayRequests(hostile.bytes, {}, [&] { return piece; });
      ASSERT_FALSE(events.empty());
      EXPECT_EQ(events.back(), hostile.outcome) << "in pieces of " << piece;
    }
  }
}

TEST(HostileRequestTest, WhatFollowsARefusedRequestIsNotRead) {
  const auto events = replayRequests(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
      "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(events, testing::ElementsAre(kBad));
}

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
