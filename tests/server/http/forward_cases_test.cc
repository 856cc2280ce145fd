#include <string>

#include "gtest/gtest.h"
#include "tests/server/http/origin_wire.h"
#include "tests/server/http/wire_cases.h"
#include "tests/server/http/wire_run.h"

namespace skiff {
namespace {

/// Bytes of a client, and those that its request is to an origin.
struct ForwardCase {
  std::string_view name;
  std::string_view bytes;
  /// Exactly, but for chunks: these are put together, with "[end]" behind the last or "[more]" if
  /// there was none. "" if the origin is not even connected to.
  std::string_view forwarded;
  std::string_view statuses = " 200";
};

constexpr ForwardCase kForwarded[] = {
    {"the smallest", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"an absolute target", "GET http://B.c:81/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /p?q HTTP/1.1\r\nHost: B.c:81\r\n\r\n"},
    {"an absolute target without a path", "GET http://b?q HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET /?q HTTP/1.1\r\nHost: b\r\n\r\n"},
    {"an absolute target of HTTP/1.0 without Host", "GET http://b/ HTTP/1.0\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: b\r\n\r\n"},
    {"the server as a whole", "OPTIONS http://b HTTP/1.1\r\nHost: b\r\n\r\n",
     "OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n"},
    {"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"blanks around values", "GET / HTTP/1.1\r\nHost:a\r\nX:\t b  c \t\r\nY:\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a\r\nX: b  c\r\nY: \r\n\r\n"},
    {"several fields of one name", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nx: 3\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nY: 2\r\nx: 3\r\n\r\n"},
    {"an encoded line's end", "GET /%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\nX: %0d%0aY\r\n\r\n",
     "GET /%0d%0aX:%20y HTTP/1.1\r\nHost: a\r\nX: %0d%0aY\r\n\r\n"},

    // Hop by hop.
    {"fields of the connection",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Hop, Upgrade\r\nX-Hop: 1\r\nTE: "
     "trailers\r\nTrailer: T\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nY: "
     "2\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a\r\nY: 2\r\n\r\n"},
    {"Connection: close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"Connection names Host", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Host\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"Connection names the length",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nhi",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"},
    {"Connection names the coding",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: "
     "chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nhi[end]"},
    {"an expectation",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"},

    // Bodies.
    {"a length with zeros before it",
     "POST / HTTP/1.1\r\ncontent-length: 0002\r\nHost: a\r\n\r\nhi",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"},
    {"no body", "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"},
    {"a length of zero in a GET", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"a GET with a body", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
     "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"},
    {"a body in the shape of a request",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"},
    {"a length that is all but without end",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nhi",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nhi", ""},
    {"chunks with extensions and trailers",
     "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: CHUNKED\r\n\r\n0002;a=b\r\nhi\r\n00;c\r\n"
     "T: v\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nhi[end]"},
    {"chunks that hold the end of chunks",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n[end]"},
    {"no chunk but the last",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n[end]"},
    {"a body that waits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhi",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhi", ""},
};

/// The origin is left with a request that cannot be complete.
constexpr ForwardCase kBroken[] = {
    {"a malformed chunk",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nx\r\n", "[more]",
     " 400"},
    {"a chunk that is too long",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhim\r\n0\r\n\r\n",
     "[more]", " 400"},
    {"a bare line feed behind a size",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n", "[more]",
     " 400"},
    {"a length in the trailers",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: "
     "3\r\n\r\n",
     "[more]", " 400"},
    {"a Host in the trailers",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n",
     "[more]", " 400"},
};

/// Never heard of by the origin, however they are cut; expectOneReading() has the others, whole.
constexpr ForwardCase kRefused[] = {
    {"CL.TE",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n",
     "", " 400"},
    {"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
     "", " 400"},
    {"a coding beside chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "", " 501"},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "", " 400"},
    {"a dot segment", "GET /public/../admin HTTP/1.1\r\nHost: a\r\n\r\n", "", " 400"},
    {"an encoded dot segment", "GET /public/%2e%2e%2fadmin HTTP/1.1\r\nHost: a\r\n\r\n", "",
     " 400"},
    {"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "", " 400"},
    {"a length that only underscores tell from one",
     "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 4\r\n\r\nabcd", "", " 400"},
};

std::string forwardedText(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return std::string(bytes);
  std::string text(bytes.substr(0, end + 4));
  bytes.remove_prefix(end + 4);
  if (text.find("\r\nTransfer-Encoding: chunked\r\n") == text.npos) {
    return text.append(bytes);
  }
  while (!bytes.empty()) {
    const std::size_t size = std::stoul(std::string(bytes), nullptr, 16);
    const std::size_t begin = bytes.find("\r\n") + 2;
    if (bytes.substr(begin + size, 2) != "\r\n") return text + "[nonsense]";
    text += bytes.substr(begin, size);
    bytes.remove_prefix(begin + size + 2);
    if (size == 0) return text.append("[end]").append(bytes);
  }
  return text + "[more]";
}

template <class Expect>
void forEachWayToCut(std::span<const ForwardCase> cases, Expect expect) {
  for (const ForwardCase& one : cases) {
    SCOPED_TRACE(one.name);
    for (const auto& cuts : waysToCut(one.bytes.size())) {
      OriginWire wire;
      for (const std::string_view piece : cutAt(one.bytes, cuts)) wire.sendFromClient(piece);
      expect(one, wire);
      if (!testing::Test::HasFailure()) continue;
      ADD_FAILURE() << "in " << cuts.size() + 1 << " pieces";
      return;
    }
  }
}

TEST(ForwardCasesTest, AnOriginIsSentOneFramingAndNoFieldOfTheConnection) {
  forEachWayToCut(kForwarded, [](const ForwardCase& one, OriginWire& wire) {
    EXPECT_EQ(forwardedText(wire.origin()), one.forwarded);
    if (one.statuses.empty()) {
      EXPECT_EQ(wire.originEnd(), WireSocket::End::open);
      return;
    }
    wire.sendFromOrigin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_EQ(statusesIn(wire.client()), one.statuses);
    EXPECT_EQ(wire.originEnd(), WireSocket::End::open) << "the connection was not kept";
  });
}

TEST(ForwardCasesTest, AnOriginNeverTakesABrokenRequestForComplete) {
  forEachWayToCut(kBroken, [](const ForwardCase& one, OriginWire& wire) {
    // Whether anything was sent before it was found to be broken depends on the pieces.
    const std::string text = forwardedText(wire.origin());
    EXPECT_EQ(text.find("[end]"), text.npos) << text;
    EXPECT_EQ(text.find("[nonsense]"), text.npos) << text;
    EXPECT_NE(wire.originEnd(), WireSocket::End::open);
    EXPECT_EQ(statusesIn(wire.client()), one.statuses);
  });
}

TEST(ForwardCasesTest, AnOriginDoesNotHearOfWhatIsRefused) {
  forEachWayToCut(kRefused, [](const ForwardCase& one, OriginWire& wire) {
    EXPECT_EQ(wire.originConnections(), 0u);
    EXPECT_EQ(statusesIn(wire.client()), one.statuses);
  });
}

TEST(ForwardCasesTest, ABodyThatTheClientLeavesUnfinishedStaysSo) {
  for (const std::string_view framing : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
    const bool isChunked = framing.starts_with("T");
    const std::string request = "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(framing) +
                                "\r\n\r\n" + (isChunked ? "2\r\nhi\r\n" : "hi");
    for (const bool isBehindAnswer : {false, true}) {
      OriginWire wire;
      wire.sendFromClient(request);
      if (isBehindAnswer) wire.sendFromOrigin("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      wire.endClient();
      EXPECT_TRUE(wire.origin().ends_with("hi") || wire.origin().ends_with("hi\r\n"));
      EXPECT_NE(wire.originEnd(), WireSocket::End::open);
    }
  }
}

TEST(ForwardCasesTest, TheNextRequestWaitsForTheAnswer) {
  OriginWire wire;
  wire.sendFromClient("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(wire.origin(), "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  wire.sendFromOrigin("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(wire.origin(), "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(wire.originConnections(), 1u);
}

}  // namespace
}  // namespace skiff
