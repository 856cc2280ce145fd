#include "gtest/gtest.h"
#include "tests/server/http/wire_cases.h"

namespace skiff {
namespace {

using namespace std::string_view_literals;
constexpr auto kEnds = WireCase::Then::endsSending;

/// Fields that end at the connection (RFC 9110, 7.6.1).
constexpr WireCase kHopByHop[] = {
    {"all of them",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nKeep-Alive: "
     "5\r\nProxy-Connection: keep-alive\r\nUpgrade: h2c\r\nY: 2\r\n\r\n",
     "GET / a Y=2 -> 200 open"},
    {"without Connection",
     "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nKeep-Alive: 5\r\nUpgrade: h2c\r\n\r\n",
     "GET / a -> 200 open"},
    {"named in several fields and odd lists",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: ,, A ,\r\nA: 1\r\nB: 2\r\nC: 3\r\nconnection: "
     "\tb\t\r\n\r\n",
     "GET / a C=3 -> 200 open"},
    {"every field of a name that is named",
     "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nConnection: x\r\nX: 2\r\n\r\n", "GET / a -> 200 open"},
    {"Host, lengths and Expect are not to be taken away",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: host, content-length, expect\r\nExpect: "
     "100-continue\r\nContent-Length: 2\r\n\r\nhi",
     "POST / a Expect=100-continue \"hi\" -> 200 open"},
    {"Connection names itself", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Connection, X\r\n\r\n",
     "GET / a -> 200 open"},
    {"no token in Connection", "GET / HTTP/1.1\r\nHost: a\r\nConnection: \"X\"\r\nX: 1\r\n\r\n",
     "GET / a X=1 -> 200 open"},
    {"an offer of h2c is not taken",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "
     "h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET / a; GET /b a -> 200 200 open"},
    {"an offer of WebSocket is not taken",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\n\r\n",
     "GET / a Sec-WebSocket-Version=13 -> 200 open"},
    {"a body behind an offer",
     "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: "
     "2\r\n\r\nhi",
     "POST / a \"hi\" -> 200 open"},
    {"close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / a -> 200 closed"},
    {"close among others", "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, CLOSE\r\n\r\n",
     "GET / a -> 200 closed"},
    {"close in a second field",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
     "GET / a -> 200 closed"},
    {"a word that begins with close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n",
     "GET / a -> 200 open"},
    {"HTTP/1.0 that goes on",
     "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\nHost: "
     "a\r\n\r\n",
     "GET / a; GET /b a -> 200 200 closed"},
    {"HTTP/1.0 with keep-alive and close",
     "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", "GET / a -> 200 closed"},
    {"Proxy-Connection says nothing",
     "GET / HTTP/1.0\r\nHost: a\r\nProxy-Connection: keep-alive\r\n\r\n", "GET / a -> 200 closed"},
};

/// RFC 9110, 10.1.1.
constexpr WireCase kExpectations[] = {
    {"an unknown one", "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx",
     "-> 417 closed"},
    {"an empty one", "POST / HTTP/1.1\r\nHost: a\r\nExpect:\r\nContent-Length: 1\r\n\r\nx",
     "-> 417 closed"},
    {"two",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nExpect: "
     "100-continue\r\nContent-Length: 1\r\n\r\nx",
     "-> 417 closed"},
    {"a list",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, tea\r\nContent-Length: 1\r\n\r\nx",
     "-> 417 closed"},
    {"one with a parameter",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue;q=1\r\nContent-Length: 1\r\n\r\nx",
     "-> 417 closed"},
    {"another number", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100\r\nContent-Length: 1\r\n\r\nx",
     "-> 417 closed"},
    {"100-continue",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
     "POST / a Expect=100-Continue \"x\" -> 200 open"},
    {"100-continue and chunks",
     "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: "
     "chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
     "POST / a Expect=100-continue \"x\" -> 200 open"},
    {"100-continue without a body",
     "GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET / a Expect=100-continue; GET /b a -> 200 200 open"},
    {"HTTP/1.0 expects nothing",
     "POST / HTTP/1.0\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx",
     "POST / a Expect=tea \"x\" -> 200 closed"},
};

constexpr WireCase kPipelines[] = {
    {"three requests",
     "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: "
     "1\r\n\r\nxGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /1 a; POST /2 a \"x\"; GET /3 a -> 200 200 200 open"},
    {"garbage behind a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n\x01\x02\x03",
     "GET / a -> 200 400 closed"},
    {"NUL behind a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n\0\0\0\0"sv,
     "GET / a -> 200 400 closed"},
    {"a word behind a body",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi and more\r\n\r\n",
     "POST / a \"hi\" -> 200 400 closed"},
    {"an empty line behind a body",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\nGET /b HTTP/1.1\r\nHost: "
     "a\r\n\r\n",
     "POST / a \"hi\"; GET /b a -> 200 200 open"},
    {"a malformed request and a good one behind it",
     "GET / HTTP/1.1\r\nHost: a b\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", k400},
    {"a good one behind the second, which is malformed",
     "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /1 a -> 200 400 closed"},
    {"behind a request that is the last",
     "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /1 a -> 200 closed"},
    {"garbage behind a request that is the last",
     "GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n\x01\x02", "GET /1 a -> 200 closed"},
    {"behind HTTP/1.0", "GET /1 HTTP/1.0\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /1 a -> 200 closed"},
    {"fields of a request do not reach the next",
     "GET /1 HTTP/1.1\r\nHost: a\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: "
     "1\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET /1 a X=1 T:1; GET /2 b -> 200 200 open"},
};

/// A client that ends its side while it owes something is gone, and is answered nothing: once there
/// is a request, its connection is cut.
constexpr WireCase kEarlyEnds[] = {
    {"nothing was sent", "", "-> closed", kEnds},
    {"in the method", "GE", "-> closed", kEnds},
    {"in the target", "GET /a", "-> closed", kEnds},
    {"in the version", "GET / HTTP/1", "-> closed", kEnds},
    {"behind the request line", "GET / HTTP/1.1\r\n", "-> closed", kEnds},
    {"in a name", "GET / HTTP/1.1\r\nHo", "-> closed", kEnds},
    {"in a value", "GET / HTTP/1.1\r\nHost: a", "-> closed", kEnds},
    {"before the empty line", "GET / HTTP/1.1\r\nHost: a\r\n", "-> closed", kEnds},
    {"in the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\r", "-> closed", kEnds},
    {"before the body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n",
     "POST / a broken -> reset", kEnds},
    {"in the body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabc",
     "POST / a broken -> reset", kEnds},
    {"before the chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
     "POST / a broken -> reset", kEnds},
    {"in a chunk's size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5",
     "POST / a broken -> reset", kEnds},
    {"in a chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
     "POST / a broken -> reset", kEnds},
    {"between chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
     "POST / a broken -> reset", kEnds},
    {"before the last empty line",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n",
     "POST / a broken -> reset", kEnds},
    {"in a trailer",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nT: v",
     "POST / a broken -> reset", kEnds},
    {"in the second request", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b", "GET / a -> 200 closed",
     kEnds},
    {"behind the answer", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / a -> 200 closed", kEnds},
    {"behind a refusal", "GET / HTTP/1.1\r\n\r\n", k400, kEnds},
};

TEST(ConnectionCasesTest, FieldsOfTheConnectionEndThere) {
  expectOneReading(kHopByHop);
}
TEST(ConnectionCasesTest, TheOnlyExpectationIsToBeToldToGoOn) {
  expectOneReading(kExpectations);
}
TEST(ConnectionCasesTest, RequestsThatFollowEachOtherAreKeptApart) {
  expectOneReading(kPipelines);
}
TEST(ConnectionCasesTest, ARequestThatEndsEarlyIsNotServed) {
  expectOneReading(kEarlyEnds);
}

}  // namespace
}  // namespace skiff
