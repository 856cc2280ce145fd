// Requests of HTTP/2 on their way to an origin, which speaks HTTP/1.1: what it is sent of them,
// byte by byte, or that it never hears of them.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/http/origin_wire.h"
#include "tests/server/http2/http2_client.h"
#include "tests/server/http2/http2_server.h"

namespace skiff {
namespace {

using namespace std::string_literals;
using namespace testing;

/// How long what the origin sees may take to become what is expected.
constexpr std::chrono::seconds kPatience{2};

/// What a client sends, a frame an element; all on stream 1.
using Frames = std::vector<std::function<std::string(Http2Client&)>>;

struct ForwardCase {
  const char* name;
  Frames frames;
  /// What the origin is sent, exactly.
  std::string origin;
  /// What becomes of stream 1: "answers STATUS", "resets CODE" or "goes on".
  std::string outcome = "answers 200";
};

/// A client of HTTP/2, a front end that forwards, and an origin that the test plays.
class Http2Wire {
 public:
  void send(std::string_view bytes) {
    client.send(bytes);
    settle();
  }
  /// Until the server has seen what was sent, and the client what has become of it.
  void settle() {
    auto seen = std::async(std::launch::async, [this] {
      // What was answered at once has come before the second one is.
      return client.ping() && client.ping();
    });
    while (seen.wait_for(std::chrono::seconds(0)) != std::future_status::ready) wire.settle();
    wire.settle();
  }
  /// Whether `condition` holds, if need be after a while.
  bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition() && std::chrono::steady_clock::now() < deadline) wire.settle();
    return condition();
  }
  /// Whether the origin has been sent exactly this, an element a connection.
  void expectSent(const std::vector<std::string>& expected) {
    eventually([&] { return wire.origins() == expected; });
    EXPECT_EQ(wire.origins(), expected);
  }
  void expectOriginConnectionEnds() {
    EXPECT_TRUE(eventually([this] { return wire.originEnd() != WireSocket::End::open; }));
  }
  void answer(std::string_view body = "ok", std::size_t connection = 0) {
    wire.sendFromOrigin("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                            "\r\n\r\n" + std::string(body),
                        connection);
    settle();
  }
  std::string outcome() {
    const StreamAnswer& answer = client.stream(1);
    if (client.goaway()) return "ends " + std::to_string(*client.goaway());
    // A whole answer may be followed by a reset that ends the upload.
    if (answer.complete) return "answers " + answer.status;
    return answer.reset ? "resets " + std::to_string(*answer.reset) : "goes on";
  }

  OriginWire wire{http2Limits()};
  Http2Client client{wire.port()};
};

enum class Pace : std::uint8_t {
  together,  ///< all frames are read at once
  apart,     ///< each when all has come of the one before
};

template <class Expect>
void forEachPace(const std::vector<ForwardCase>& cases, Expect expect) {
  for (const ForwardCase& one : cases) {
    for (const Pace pace : {Pace::together, Pace::apart}) {
      if (pace == Pace::apart && one.frames.size() == 1) continue;
      SCOPED_TRACE(one.name + (pace == Pace::apart ? ", frame by frame"s : ""s));
      Http2Wire http2;
      std::string held;
      for (const auto& frame : one.frames) {
        held += frame(http2.client);
        if (pace == Pace::apart) http2.send(std::exchange(held, {}));
      }
      if (pace == Pace::together) http2.send(held);
      expect(one, http2, pace);
    }
  }
}

// What is sent.

Frames request(Fields fields) {
  return {[fields = std::move(fields)](Http2Client& client) { return client.headers(1, fields); }};
}
/// A request with fields behind those of a GET.
Frames with(Fields fields) {
  return request(get("/", fields));
}
Frames with(std::string name, std::string value) {
  return with({{std::move(name), std::move(value)}});
}
/// A GET with one of its pseudo-fields changed.
Frames changed(std::string_view name, std::string value) {
  Fields fields = get();
  for (auto& field : fields) {
    if (field.first == name) field.second = value;
  }
  return request(fields);
}
/// A GET without the `:authority`, and with fields behind.
Frames withoutAuthority(const Fields& more) {
  Fields fields = get("/", more);
  fields.erase(fields.begin() + 2);
  return request(fields);
}

/// A POST with fields of its own and the first parts of its body.
Frames begun(const Fields& fields, const std::vector<std::string>& parts) {
  Frames frames = {
      [fields](Http2Client& client) { return client.headers(1, post("/", fields), kEndHeaders); }};
  for (const std::string& part : parts) {
    frames.push_back([part](Http2Client&) { return frame(kData, 0, 1, part); });
  }
  return frames;
}
/// All of it.
Frames posted(const Fields& fields, const std::vector<std::string>& parts) {
  Frames frames = begun(fields, {parts.begin(), parts.end() - 1});
  frames.push_back(
      [part = parts.back()](Http2Client&) { return frame(kData, kEndStream, 1, part); });
  return frames;
}
Frames withTrailers(Frames frames, const Fields& trailers,
                    std::uint8_t flags = kEndHeaders | kEndStream) {
  frames.push_back(
      [trailers, flags](Http2Client& client) { return client.headers(1, trailers, flags); });
  return frames;
}
Frames withReset(Frames frames) {
  frames.push_back([](Http2Client&) { return frame(kRstStream, 0, 1, bigEndian(kCancel, 4)); });
  return frames;
}

const Fields kFour{{"content-length", "4"}};
const std::string kGet = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a.test\r\n";
const std::string kPostFour = kPost + "Content-Length: 4\r\n\r\n";
const std::string kPostChunks = kPost + "Transfer-Encoding: chunked\r\n\r\n";
const std::string kInner = "GET /smuggled HTTP/1.1\r\nHost: b.test\r\n\r\n";
const std::string kMalformed = "resets 1";

const std::vector<ForwardCase> kForwarded{
    {"the smallest", request(get()), kGet},
    {"a query and an encoded line's end", request(get("/p?q=%0d%0aX:%20y")),
     "GET /p?q=%0d%0aX:%20y HTTP/1.1\r\nHost: a.test\r\n\r\n"},
    {"the server as a whole",
     request(
         {{":method", "OPTIONS"}, {":scheme", "http"}, {":authority", "a.test"}, {":path", "*"}}),
     "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n"},
    {"an authority in capitals with a port", changed(":authority", "A.test:81"),
     "GET / HTTP/1.1\r\nHost: A.test:81\r\n\r\n"},
    {"a host in place of the authority", withoutAuthority({{"host", "b.test"}, {"x", "1"}}),
     "GET / HTTP/1.1\r\nhost: b.test\r\nx: 1\r\n\r\n"},
    {"a host that is the authority", with("host", "A.TEST"), kGet},
    {"several fields of one name", with({{"x", "1"}, {"y", ""}, {"x", "3"}}),
     "GET / HTTP/1.1\r\nx: 1\r\ny: \r\nx: 3\r\nHost: a.test\r\n\r\n"},
    {"the crumbs of a cookie",
     with({{"cookie", "a=b"}, {"x", "1"}, {"cookie", "c=d"}, {"cookie", "e=f"}}),
     "GET / HTTP/1.1\r\ncookie: a=b; c=d; e=f\r\nx: 1\r\nHost: a.test\r\n\r\n"},
    {"te: trailers, and trailer", with({{"te", "trailers"}, {"trailer", "x-sum"}}), kGet},

    // Bodies.
    {"a length", posted(kFour, {"body"}), kPostFour + "body"},
    {"a length and several frames", posted(kFour, {"b", "od", "", "y"}), kPostFour + "body"},
    {"a length with zeros before it", posted({{"content-length", "0004"}}, {"body"}),
     kPostFour + "body"},
    {"a length of zero in a GET", with("content-length", "0"), kGet},
    {"no length", posted({}, {"body"}), kPostChunks + "4\r\nbody\r\n0\r\n\r\n"},
    {"no length and no body", request(post("/")), kPost + "Content-Length: 0\r\n\r\n"},
    {"an expectation", posted({{"expect", "100-continue"}, {"content-length", "4"}}, {"body"}),
     kPostFour + "body"},
    {"padding",
     {[](Http2Client& client) { return client.headers(1, post("/"), kEndHeaders); },
      [](Http2Client&) { return frame(kData, kPadded | kEndStream, 1, "\005body\r\n0\r\n"); }},
     kPostChunks + "4\r\nbody\r\n0\r\n\r\n"},
    {"a body in the shape of a request",
     posted({{"content-length", std::to_string(kInner.size())}}, {kInner}),
     kPost + "Content-Length: 40\r\n\r\n" + kInner},
    {"a body in the shape of the end of chunks", posted({}, {"0\r\n\r\n" + kInner}),
     kPostChunks + "2d\r\n0\r\n\r\n" + kInner + "\r\n0\r\n\r\n"},
    {"trailers", withTrailers(begun({}, {"body"}), {{"x-sum", "4"}}),
     kPostChunks + "4\r\nbody\r\n0\r\n\r\n"},
    {"trailers behind a body with a length", withTrailers(begun(kFour, {"body"}), {{"x-sum", "4"}}),
     kPostFour + "body"},
};

/// The origin never hears of them.
const std::vector<ForwardCase> kRefused{
    // What decides where the body ends.
    {"two lengths", posted({{"content-length", "4"}, {"content-length", "5"}}, {"body"}), "",
     kMalformed},
    {"twice the same length", posted({{"content-length", "4"}, {"content-length", "4"}}, {"body"}),
     "", kMalformed},
    {"a list of lengths", posted({{"content-length", "4, 4"}}, {"body"}), "", kMalformed},
    {"a length with a plus", posted({{"content-length", "+4"}}, {"body"}), "", kMalformed},
    {"a length of 2^64 + 4", posted({{"content-length", "18446744073709551620"}}, {"body"}), "",
     kMalformed},
    {"a length without a body", with("content-length", "4"), "", kMalformed},
    {"a length with an underscore", posted({{"content_length", "4"}}, {"body"}), "", "answers 400"},
    {"a coding", posted({{"transfer-encoding", "chunked"}}, {"0\r\n\r\n" + kInner}), "",
     kMalformed},
    {"a coding with an underscore", posted({{"transfer_encoding", "chunked"}}, {"0\r\n\r\n"}), "",
     "answers 400"},

    // What belongs to a connection of HTTP/1.1.
    {"connection", with("connection", "close"), "", kMalformed},
    {"connection that names the host", with("connection", "host"), "", kMalformed},
    {"keep-alive", with("keep-alive", "timeout=5"), "", kMalformed},
    {"proxy-connection", with("proxy-connection", "keep-alive"), "", kMalformed},
    {"upgrade", with("upgrade", "h2c"), "", kMalformed},
    {"te: gzip", with("te", "gzip"), "", kMalformed},
    {"te: trailers, gzip", with("te", "trailers, gzip"), "", kMalformed},

    // Lines within values.
    {"a line's end in a value", with("x", "y\r\nTransfer-Encoding: chunked"), "", kMalformed},
    {"a request in a value", with("x", "y\r\n\r\n" + kInner), "", kMalformed},
    {"a carriage return in a value", with("x", "a\rb"), "", kMalformed},
    {"a line feed in a value", with("x", "a\nb"), "", kMalformed},
    {"NUL in a value", with("x", "a\0b"s), "", kMalformed},
    {"a line's end at the end of a value", with("x", "a\r\n"), "", kMalformed},
    {"a line's end in a crumb", with({{"cookie", "a=b"}, {"cookie", "c\r\nx: y"}}), "", kMalformed},
    {"a line's end in the host", withoutAuthority({{"host", "a.test\r\nx: y"}}), "", kMalformed},

    // Names.
    {"a name in capitals", with("Transfer-Encoding", "chunked"), "", kMalformed},
    {"a name with a colon", with("x: y", "z"), "", kMalformed},
    {"a name that begins with a colon", with(":x", "y"), "", kMalformed},
    {"a name that ends with a colon", with("transfer-encoding:", "chunked"), "", kMalformed},
    {"a name with a blank", with("x y", "z"), "", kMalformed},
    {"a name that ends with a blank", with("transfer-encoding ", "chunked"), "", kMalformed},
    {"a line's end in a name", with("x: y\r\ntransfer-encoding", "chunked"), "", kMalformed},
    {"a name of nothing", with("", "y"), "", kMalformed},

    // The request line.
    {"a line's end in the path", changed(":path", "/ HTTP/1.1\r\nx: y\r\n\r\n"), "", kMalformed},
    {"a carriage return in the path", changed(":path", "/a\rb"), "", kMalformed},
    {"a blank in the path", changed(":path", "/ HTTP/1.1"), "", kMalformed},
    {"a tab in the path", changed(":path", "/\tb"), "", kMalformed},
    {"a path beyond ASCII", changed(":path", "/\xc3\xa4"), "", "answers 400"},
    {"a path without a slash", changed(":path", "a"), "", kMalformed},
    {"a path that begins with an authority", changed(":path", "@b.test/"), "", kMalformed},
    {"a path that is a URI", changed(":path", "http://b.test/"), "", kMalformed},
    {"a path of nothing", changed(":path", ""), "", kMalformed},
    {"a path with a dot segment", changed(":path", "/public/../admin"), "", "answers 400"},
    {"a path with a fragment", changed(":path", "/a#b"), "", "answers 400"},
    {"the server as a whole in a GET", changed(":path", "*"), "", kMalformed},
    {"two paths", with(":path", "/b"), "", kMalformed},
    {"a line's end in the method", changed(":method", "GET /smuggled HTTP/1.1\r\nx: y\r\n\r\nGET"),
     "", kMalformed},
    {"a blank in the method", changed(":method", "GET /a"), "", kMalformed},
    {"a method in small letters", changed(":method", "get"), "", "answers 501"},
    {"a method of nothing", changed(":method", ""), "", kMalformed},
    {"the preface's method", changed(":method", "PRI"), "", "answers 501"},
    {"CONNECT", request({{":method", "CONNECT"}, {":authority", "b.test:80"}}), "", "answers 400"},
    {"CONNECT with a path", changed(":method", "CONNECT"), "", kMalformed},
    {"a line's end in the scheme", changed(":scheme", "http\r\nx: y"), "", kMalformed},
    {"another scheme", changed(":scheme", "https"), "", "answers 400"},

    // The host.
    {"a line's end in the authority", changed(":authority", "a.test\r\nx: y"), "", kMalformed},
    {"a blank in the authority", changed(":authority", "a.test b.test"), "", kMalformed},
    {"a slash in the authority", changed(":authority", "a.test/b"), "", kMalformed},
    {"a user in the authority", changed(":authority", "b.test@a.test"), "", "answers 400"},
    {"an authority of nothing", changed(":authority", ""), "", kMalformed},
    {"a host that is not the authority", with("host", "b.test"), "", "answers 400"},
    {"a host with another port than the authority", with("host", "a.test:81"), "", "answers 400"},
    {"two hosts", with({{"host", "a.test"}, {"host", "a.test"}}), "", kMalformed},
    {"no host", withoutAuthority({}), "", kMalformed},
};

/// The origin is left with a request that is not complete; or it never hears of it, if all comes
/// together.
const std::vector<ForwardCase> kBroken{
    {"a body shorter than its length", posted(kFour, {"bo", "d"}), kPostFour + "bod", kMalformed},
    {"a body longer than its length", posted(kFour, {"bod", "y" + kInner}), kPostFour + "bod",
     kMalformed},
    {"nothing of the length", posted(kFour, {""}), kPostFour, kMalformed},
    {"trailers before all of the length", withTrailers(begun(kFour, {"bod"}), {{"x-sum", "4"}}),
     kPostFour + "bod", kMalformed},
    {"a pseudo-field in the trailers", withTrailers(begun({}, {"body"}), {{":path", "/b"}}),
     kPostChunks + "4\r\nbody\r\n", kMalformed},
    {"a line's end in the trailers",
     withTrailers(begun({}, {"body"}), {{"x", "y\r\n\r\n" + kInner}}),
     kPostChunks + "4\r\nbody\r\n", kMalformed},
    {"a name in capitals in the trailers", withTrailers(begun({}, {"body"}), {{"X-Sum", "4"}}),
     kPostChunks + "4\r\nbody\r\n", kMalformed},
    {"a coding in the trailers",
     withTrailers(begun({}, {"body"}), {{"transfer-encoding", "chunked"}}),
     kPostChunks + "4\r\nbody\r\n", kMalformed},
    {"a length in the trailers", withTrailers(begun({}, {"body"}), {{"content-length", "4"}}),
     kPostChunks + "4\r\nbody\r\n", "answers 400"},
    {"a host in the trailers", withTrailers(begun({}, {"body"}), {{"host", "b.test"}}),
     kPostChunks + "4\r\nbody\r\n", "answers 400"},
    {"trailers that do not end the stream",
     withTrailers(begun({}, {"body"}), {{"x-sum", "4"}}, kEndHeaders),
     kPostChunks + "4\r\nbody\r\n", kMalformed},
    {"a request that is taken back", withReset(begun(kFour, {"bod"})), kPostFour + "bod",
     "goes on"},
    {"a request without a length that is taken back", withReset(begun({}, {"body"})),
     kPostChunks + "4\r\nbody\r\n", "goes on"},
};

TEST(Http2Forward, AnOriginIsSentARequestOfHttp11) {
  forEachPace(kForwarded, [](const ForwardCase& one, Http2Wire& http2, Pace) {
    http2.expectSent({one.origin});
    http2.answer();
    EXPECT_EQ(http2.outcome(), one.outcome);
    EXPECT_EQ(http2.client.stream(1).body, "ok");
    EXPECT_EQ(http2.wire.originEnd(), WireSocket::End::open) << "the connection was not kept";
  });
}

TEST(Http2Forward, AnOriginDoesNotHearOfWhatIsRefused) {
  forEachPace(kRefused, [](const ForwardCase& one, Http2Wire& http2, Pace) {
    EXPECT_EQ(http2.outcome(), one.outcome);
    EXPECT_EQ(http2.wire.originConnections(), 0u);
  });
}

TEST(Http2Forward, AnOriginNeverTakesABrokenRequestForComplete) {
  forEachPace(kBroken, [](const ForwardCase& one, Http2Wire& http2, Pace pace) {
    EXPECT_EQ(http2.outcome(), one.outcome);
    http2.expectOriginConnectionEnds();
    if (pace == Pace::apart) {
      http2.expectSent({one.origin});
    } else {
      EXPECT_TRUE(one.origin.starts_with(http2.wire.origin())) << http2.wire.origin();
    }
  });
}

TEST(Http2Forward, AClientThatGoesAwayLeavesTheRequestIncomplete) {
  for (const Fields& fields : {kFour, Fields{}}) {
    Http2Wire http2;
    http2.send(http2.client.headers(1, post("/", fields), kEndHeaders) + frame(kData, 0, 1, "bod"));
    const std::string part = fields.empty() ? kPostChunks + "3\r\nbod\r\n" : kPostFour + "bod";
    http2.expectSent({part});
    http2.client.socket().reset();
    http2.expectOriginConnectionEnds();
    http2.expectSent({part});
  }
}

TEST(Http2Forward, TheNextRequestIsNotSentBehindABrokenOne) {
  Http2Wire http2;
  http2.send(http2.client.headers(1, post("/", {{"content-length", "100"}}), kEndHeaders) +
             frame(kData, 0, 1, "body"));
  http2.send(frame(kData, kEndStream, 1, ""));
  http2.send(http2.client.headers(3, get()));
  http2.expectSent({kPost + "Content-Length: 100\r\n\r\nbody", kGet});
}

TEST(Http2Forward, RequestsThatFollowEachOtherShareAConnection) {
  Http2Wire http2;
  http2.send(http2.client.headers(1, post("/", kFour), kEndHeaders) +
             frame(kData, kEndStream, 1, "body"));
  http2.answer();
  http2.send(http2.client.headers(3, get()));
  http2.expectSent({kPostFour + "body" + kGet});
}

TEST(Http2Forward, RequestsAtTheSameTimeDoNotMix) {
  Http2Wire http2;
  Http2Client& client = http2.client;
  // Compressed in the order in which they are sent.
  std::string heads = client.headers(1, post("/1", {{"content-length", "6"}}), kEndHeaders);
  heads += client.headers(3, post("/3", {{"x", "3"}}), kEndHeaders);
  heads += client.headers(5, post("/5", {{"content-length", "4"}}), kEndHeaders);
  http2.send(heads);
  http2.send(frame(kData, 0, 1, "one") + frame(kData, 0, 3, "three") + frame(kData, 0, 5, "fi"));
  http2.send(frame(kData, kEndStream, 5, "ve") + frame(kData, kEndStream, 1, "ONE") +
             frame(kData, kEndStream, 3, "THREE"));
  http2.expectSent({"POST /1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\noneONE",
                    "POST /3 HTTP/1.1\r\nx: 3\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "5\r\nthree\r\n5\r\nTHREE\r\n0\r\n\r\n",
                    "POST /5 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nfive"});
  http2.answer("of 3", 1);
  http2.answer("of 5", 2);
  http2.answer("of 1", 0);
  for (const std::uint32_t stream : {1, 3, 5}) {
    EXPECT_EQ(client.stream(stream).body, "of " + std::to_string(stream));
    EXPECT_TRUE(client.stream(stream).complete);
  }
}

}  // namespace
}  // namespace skiff
