#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/http/origin_wire.h"
#include "tests/server/http/wire_cases.h"
#include "tests/server/http/wire_run.h"

namespace skiff {
namespace {

using namespace std::string_view_literals;

/// Bytes of an origin, and what becomes of them.
struct AnswerCase {
  std::string_view name;
  std::string_view bytes;
  /// What the client gets: status line's number, fields but Date and framing, the body or the
  /// length that is announced in its place, and whether the connection to the origin is kept: "200
  /// X=1 \"hello\" kept". kBad: a 502, or where the head was
  /// on its way before it was known, an answer that is cut; and the connection is not kept.
  std::string_view outcome;
  enum class Then : std::uint8_t { waits, ends } then = Then::waits;
  std::string_view method = "GET";
};

constexpr std::string_view kBad = "502 dropped";
constexpr auto kEnds = AnswerCase::Then::ends;

constexpr AnswerCase kAmbiguous[] = {
    {"a length and chunked",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", kBad},
    {"chunked and a length",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", kBad},
    {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", kBad},
    {"twice the same length",
     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", kBad},
    {"a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", kBad},
    {"a length with a plus", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", kBad},
    {"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", kBad},
    {"a hexadecimal length", "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", kBad},
    {"an empty length", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello", kBad},
    {"a length of 2^64", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nhello",
     kBad},
    {"a blank before the length's colon", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
     kBad},
    {"chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
     kBad},
    {"chunked in two fields",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     kBad},
    {"gzip and chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     kBad},
    {"gzip", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello", kBad},
    {"identity", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nhello", kBad},
    {"xchunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhello", kBad},
    {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", kBad},
    {"a folded coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", kBad},
    {"a coding in a 204", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
     "204 dropped"},
    {"a length in a 204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 dropped"},
    {"a body behind a 204", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
     "204 dropped"},
    {"a body behind a 304", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello",
     "304 length=5 dropped"},
    {"a body behind an answer to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
     "200 length=5 dropped", AnswerCase::Then::waits, "HEAD"},
};

constexpr AnswerCase kMalformed[] = {
    {"bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", kBad},
    {"a bare line feed behind a field", "HTTP/1.1 200 OK\r\nX: y\nContent-Length: 0\r\n\r\n", kBad},
    {"a bare carriage return in a value", "HTTP/1.1 200 OK\r\nX: y\rZ\r\nContent-Length: 0\r\n\r\n",
     kBad},
    {"a carriage return and a byte at the end", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\rX",
     kBad},
    {"a folded field", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\nContent-Length: 0\r\n\r\n", kBad},
    {"a blank before a colon", "HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n", kBad},
    {"a blank in a name", "HTTP/1.1 200 OK\r\nX Y: z\r\nContent-Length: 0\r\n\r\n", kBad},
    {"an empty name", "HTTP/1.1 200 OK\r\n: y\r\nContent-Length: 0\r\n\r\n", kBad},
    {"no colon", "HTTP/1.1 200 OK\r\nbroken\r\nContent-Length: 0\r\n\r\n", kBad},
    {"NUL in a value", "HTTP/1.1 200 OK\r\nX: y\0\r\nContent-Length: 0\r\n\r\n"sv, kBad},
    {"a control in a value", "HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 0\r\n\r\n", kBad},
    {"NUL in a name", "HTTP/1.1 200 OK\r\nX\0: y\r\nContent-Length: 0\r\n\r\n"sv, kBad},
    {"HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", kBad},
    {"HTTP/0.9", "hello", kBad, kEnds},
    {"HTTP/1.10", "HTTP/1.10 200 OK\r\nContent-Length: 0\r\n\r\n", kBad},
    {"another protocol", "ICY 200 OK\r\nContent-Length: 0\r\n\r\n", kBad},
    {"a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", kBad},
    {"no status", "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n", kBad},
    {"a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", kBad},
    {"a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", kBad},
    {"status 000", "HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n", kBad},
    {"status 600", "HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n", kBad},
    {"101 nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello", kBad},
    {"a body of an interim answer", "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello",
     kBad},
};

constexpr AnswerCase kBrokenBodies[] = {
    {"a malformed size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", kBad},
    {"a size with a plus", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n",
     kBad},
    {"a size with 0x", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n",
     kBad},
    {"a size beyond 2^64",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n", kBad},
    {"a chunk too long", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n",
     kBad},
    {"a bare line feed behind a size",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", kBad},
    {"a bare line feed behind a chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n", kBad},
    {"a bare line feed in an extension",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n", kBad},
    {"a malformed trailer",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA b: c\r\n\r\n", kBad},
    {"the end in the status line", "HTTP/1.1 20", kBad, kEnds},
    {"the end in a field", "HTTP/1.1 200 OK\r\nX: y", kBad, kEnds},
    {"the end before the empty line", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", kBad, kEnds},
    {"the end without an answer", "", kBad, kEnds},
    {"the end behind an interim answer", "HTTP/1.1 100 Continue\r\n\r\n", kBad, kEnds},
    {"the end in a body with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
     "cut dropped", kEnds},
    {"the end in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell",
     "cut dropped", kEnds},
    {"the end between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
     "cut dropped", kEnds},
    {"the end before the last line's end",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n", "cut dropped", kEnds},
};

constexpr AnswerCase kRead[] = {
    {"a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 \"hello\" kept"},
    {"chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nT: v\r\n\r\n",
     "200 \"hello\" kept"},
    {"to the end", "HTTP/1.1 200 OK\r\n\r\nhello", "200 \"hello\" dropped", kEnds},
    {"Connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
     "200 \"hello\" dropped"},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 \"hello\" dropped"},
    {"interim answers",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
     "OK\r\nContent-Length: 2\r\n\r\nok",
     "200 \"ok\" kept"},
    {"fields of the connection",
     "HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nUpgrade: "
     "h2c\r\nTrailer: T\r\nTE: x\r\nProxy-Connection: x\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n",
     "200 X-End=2 length=0 kept"},
    {"Connection names the length",
     "HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nok",
     "200 \"ok\" kept"},
    {"bytes behind the end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP",
     "200 \"ok\" dropped"},
    {"another answer behind the end",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: "
     "4\r\n\r\nevil",
     "200 \"ok\" dropped"},
    {"bytes behind the last chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n0\r\n\r\n",
     "200 \"ok\" dropped"},
    {"an answer to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200 length=5 kept",
     AnswerCase::Then::waits, "HEAD"},
    {"an empty reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 length=0 kept"},
    {"the answer's end is also the connection's", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
     "200 \"ok\" dropped", kEnds},
};

std::string decoded(std::string_view chunks) {
  std::string body;
  while (!chunks.empty()) {
    const std::size_t size = std::stoul(std::string(chunks), nullptr, 16);
    const std::size_t begin = chunks.find("\r\n") + 2;
    body += chunks.substr(begin, size);
    if (size == 0) return body;
    chunks.remove_prefix(begin + size + 2);
  }
  return "an unfinished body";
}

std::string answerText(const OriginWire& wire) {
  std::string_view bytes = wire.client();
  const bool dropped = wire.originEnd() != WireSocket::End::open;
  const std::string end = dropped ? " dropped" : " kept";
  if (wire.clientEnd() == WireSocket::End::reset) return "cut" + end;
  const std::size_t headEnd = bytes.find("\r\n\r\n");
  if (headEnd == bytes.npos) return "no answer" + end;
  const std::string_view head = bytes.substr(0, headEnd + 2);
  std::string text(head.substr(std::string_view("HTTP/1.1 ").size(), 3));
  if (text == "502") return text + end;
  bool isChunked = false;
  std::string length;
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t lineEnd = head.find("\r\n", at);
    const std::string_view line = head.substr(at, lineEnd - at);
    at = lineEnd + 2;
    if (line == "Transfer-Encoding: chunked") isChunked = true;
    if (line.starts_with("Date: ") || line.starts_with("Transfer-Encoding: ")) continue;
    if (line.starts_with("Content-Length: ")) {
      if (!length.empty()) return "two framings";
      length = line.substr(16);
      continue;
    }
    const std::size_t colon = line.find(": ");
    text.append(" ").append(line.substr(0, colon)).append("=").append(line.substr(colon + 2));
  }
  bytes.remove_prefix(headEnd + 4);
  if (isChunked && !length.empty()) return "two framings";
  const std::string body = isChunked ? decoded(bytes) : std::string(bytes);
  if (body.empty() && !length.empty()) text.append(" length=").append(length);
  if (body.empty()) return text + end;
  if (!isChunked && length != std::to_string(body.size())) return "another length";
  return text.append(" \"").append(body).append("\"").append(end);
}

void expectOutcomes(std::span<const AnswerCase> cases) {
  for (const AnswerCase& one : cases) {
    SCOPED_TRACE(one.name);
    for (const auto& cuts : waysToCut(one.bytes.size())) {
      OriginWire wire;
      wire.sendFromClient(std::string(one.method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
      for (const std::string_view piece : cutAt(one.bytes, cuts)) wire.sendFromOrigin(piece);
      if (one.then == kEnds) wire.endOrigin();
      const std::string text = answerText(wire);
      if (text == one.outcome) continue;
      const bool mayBeCut = one.outcome == kBad && !cuts.empty();
      if (mayBeCut && text == "cut dropped") continue;
      EXPECT_EQ(text, one.outcome) << "in " << cuts.size() + 1 << " pieces, the first of "
                                   << (cuts.empty() ? one.bytes.size() : cuts.front());
      break;
    }
  }
}

TEST(HostileOriginCasesTest, AnAnswerThatCouldEndInTwoPlacesIsRefused) {
  expectOutcomes(kAmbiguous);
}
TEST(HostileOriginCasesTest, AMalformedHeadIsRefused) {
  expectOutcomes(kMalformed);
}
TEST(HostileOriginCasesTest, ABodyThatBreaksIsNeverTakenForComplete) {
  expectOutcomes(kBrokenBodies);
}
TEST(HostileOriginCasesTest, WhatIsReadIsPassedOnInOneFramingAndOnlyACleanConnectionIsKept) {
  expectOutcomes(kRead);
}

TEST(HostileOriginCasesTest, FloodsAreRefused) {
  std::string interim;
  for (int i = 0; i < 17; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  std::string fields = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 201; ++i) fields += "X: y\r\n";
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string floods[] = {
      interim + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
      fields + "Content-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'v'),
      "HTTP/1.1 200 OK\r\n" + std::string(70'000, 'n'),
      "HTTP/1.1 200 " + std::string(70'000, 'r'),
      chunked + "5;" + std::string(70'000, 'e'),
      chunked + "0\r\nT: " + std::string(70'000, 't'),
      std::string(1'200'000, '\r'),
  };
  std::vector<AnswerCase> cases;
  for (const std::string& flood : floods) {
    cases.push_back({std::string_view(flood).substr(0, 30), flood, kBad});
  }
  expectOutcomes(cases);
}

TEST(HostileOriginCasesTest, AnAnswerNobodyAskedForIsNotTheNextRequests) {
  OriginWire wire;
  wire.sendFromClient("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  wire.sendFromOrigin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(wire.originEnd(), WireSocket::End::open);
  wire.sendFromOrigin("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  EXPECT_NE(wire.originEnd(), WireSocket::End::open);
  wire.sendFromClient("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(wire.originConnections(), 2u);
  EXPECT_EQ(wire.client().find("evil"), std::string::npos);
}

TEST(HostileOriginCasesTest, AnAnswerBeforeTheRequestIsCompleteEndsTheConnection) {
  OriginWire wire;
  wire.sendFromClient("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhi");
  wire.sendFromOrigin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_NE(wire.originEnd(), WireSocket::End::open);
  EXPECT_EQ(statusesIn(wire.client()), " 200");
}

}  // namespace
}  // namespace skiff
