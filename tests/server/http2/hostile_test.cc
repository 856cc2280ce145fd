// Clients of HTTP/2 that mean no good, and the limits that hold them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>

#include "tests/server/http2/http2_client.h"
#include "tests/server/http2/http2_server.h"

namespace skiff {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using ::testing::Optional;

/// Sends until the server has had enough, at most `times`.
void flood(Http2Client& client, int times, const std::function<std::string(int)>& make) {
  for (int i = 0; i < times; ++i) {
    if (!client.send(make(i))) break;
  }
  client.readUntil([&] { return client.goaway().has_value(); });
}

TEST(Http2Limits, EndAConnectionThatResetsTooManyStreams) {
  HttpLimits limits = http2Limits();
  limits.http2.resets = 10;
  std::atomic<int> requests{0};
  TestServer server(
      [&](HttpExchange& exchange) {
        ++requests;
        answerAnything(exchange);
      },
      limits);
  Http2Client client(server.port());
  flood(client, 1'000, [&](int i) {
    const auto id = static_cast<std::uint32_t>(2 * i + 1);
    return client.headers(id, get("/never")) + frame(kRstStream, 0, id, bigEndian(kCancel, 4));
  });
  EXPECT_THAT(client.goaway(), Optional(kEnhanceYourCalm));
  EXPECT_LE(requests, 11);
  Http2Client other(server.port());
  EXPECT_EQ(other.ask(1, get()).status, "200");
}

TEST(Http2Limits, CountResetsThatTheClientMakesTheServerSend) {
  HttpLimits limits = http2Limits();
  limits.http2.resets = 10;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port());
  flood(client, 1'000, [&](int i) {
    const auto id = static_cast<std::uint32_t>(2 * i + 1);
    return client.headers(id, get("/", {{"connection", "close"}}));
  });
  EXPECT_THAT(client.goaway(), Optional(kEnhanceYourCalm));
}

TEST(Http2Limits, NeverAskTheHandlerForARequestThatWasTakenBackAtOnce) {
  std::atomic<int> requests{0};
  TestServer server(
      [&](HttpExchange& exchange) {
        ++requests;
        answerAnything(exchange);
      },
      http2Limits());
  Http2Client client(server.port());
  ASSERT_TRUE(client.ping());
  std::string all;
  for (std::uint32_t id = 1; id < 41; id += 2) {
    all += client.headers(id, get("/never"));
    all += frame(kRstStream, 0, id, bigEndian(kCancel, 4));
  }
  client.send(all);
  for (const Report& report : server.reports(20)) EXPECT_EQ(report.reason, Reason::clientGone);
  EXPECT_LE(requests, 1);
}

TEST(Http2Limits, NeverShowTheHandlerTheEndOfABodyThatTurnsOutMalformed) {
  using Frames = std::function<std::string(Http2Client&)>;
  const auto data = [](std::uint8_t flags, const std::string& body) -> Frames {
    return [=](Http2Client&) { return frame(kData, flags, 1, body); };
  };
  const std::vector<std::pair<std::string, Frames>> bodies{
      {"shorter than its length", data(kEndStream, "body")},
      {"longer than its length", data(0, "too long")},
      {"longer than its length, and over", data(kEndStream, "too long")},
      {"with trailers that are wrong", [&](Http2Client& client) {
         return data(0, "right")(client) + client.headers(1, {{":path", "/"}});
       }}};
  for (const auto& [name, frames] : bodies) {
    std::atomic<bool> ended{false};
    std::promise<void> begun;
    TestServer server(
        [&](HttpExchange& exchange) {
          Script::run(exchange, [&](HttpExchange& now) {
            std::array<std::byte, 100> into;
            if (now.readRequestBody(into).end) ended = true;
            now.waitFor(kWaitRequestBody);
          });
          begun.set_value();
        },
        http2Limits());
    Http2Client client(server.port());
    client.send(client.headers(1, post("/", {{"content-length", "5"}}), kEndHeaders));
    await(begun.get_future());
    client.send(frames(client));
    EXPECT_THAT(client.answer(1).reset, Optional(kProtocolError)) << name;
    EXPECT_EQ(server.reports(1)[0].reason, Reason::badRequest) << name;
    EXPECT_FALSE(ended) << name;
  }
}

TEST(Http2Limits, EndAConnectionThatSendsFramesWithoutUse) {
  HttpLimits limits = http2Limits();
  limits.http2.controlFrames = 100;
  TestServer server(answerAnything, limits);
  const std::vector<std::pair<std::string, std::string>> frames{
      {"PING", frame(kPing, 0, 0, "12345678")},
      {"SETTINGS", frame(kSettings, 0, 0)},
      {"WINDOW_UPDATE", frame(kWindowUpdate, 0, 0, bigEndian(1, 4))},
      {"PRIORITY", frame(kPriority, 0, 1, bigEndian(0, 4) + "x")},
      {"unknown", frame(0x42, 0, 0, "x")},
      {"empty DATA", frame(kData, 0, 1)},
      {"padded DATA", frame(kData, kPadded, 1, std::string("\2\0\0", 3))}};
  for (const auto& [name, one] : frames) {
    Http2Client client(server.port());
    if (name.ends_with("DATA")) client.send(client.headers(1, post("/never"), kEndHeaders));
    flood(client, 10'000, [&, &text = one](int) { return text; });
    EXPECT_THAT(client.goaway(), Optional(kEnhanceYourCalm)) << name;
  }
}

TEST(Http2Limits, AllowTheWindowUpdatesThatWorkBringsWithIt) {
  HttpLimits limits = http2Limits();
  limits.http2.controlFrames = 20;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port());
  for (std::uint32_t id = 1; id < 201; id += 2) {
    client.open(0, 1'000);
    ASSERT_EQ(client.ask(id, get()).status, "200") << id;
  }
}

TEST(Http2Limits, EndAConnectionWhoseFieldsGrowToABomb) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  // One large field in the table, and then an index for each further one: a byte for 3,000.
  std::string block = client.compress(get());
  block += "\x40\x06x-bomb\x7f\xb9\x16" + std::string(3'000, 'x') + std::string(12'000, '\xbe');
  client.send(frame(kHeaders, kEndHeaders | kEndStream, 1, block));
  ASSERT_TRUE(client.readUntil([&] { return client.goaway().has_value(); }));
  EXPECT_THAT(client.goaway(), Optional(kEnhanceYourCalm));
}

TEST(Http2Limits, AnswerARequestWhoseFieldsAreTooLarge) {
  HttpLimits limits = http2Limits();
  limits.uri = 100;
  limits.headers = 1'000;
  limits.headerCount = 10;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port());
  EXPECT_EQ(client.ask(1, get("/" + std::string(100, 'x'))).status, "414");
  EXPECT_EQ(client.ask(3, get("/", {{"x-large", std::string(990, 'x')}})).status, "431");
  EXPECT_EQ(client.ask(5, get("/", Fields(11, {"x-many", "1"}))).status, "431");
  const StreamAnswer& good = client.ask(7, get("/" + std::string(99, 'x'), Fields(10, {"x", "1"})));
  EXPECT_EQ(good.status, "200");
  const auto reports = server.reports(4);
  EXPECT_TRUE(reports[0].refused);
  EXPECT_EQ(reports[0].reason, Reason::uriTooLong);
  EXPECT_EQ(reports[1].reason, Reason::headersTooLarge);
}

TEST(Http2Limits, EndAConnectionWithTooManyContinuations) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  client.send(frame(kHeaders, kEndStream, 1, client.compress(get())));
  flood(client, 1'000, [](int) { return frame(kContinuation, 0, 1); });
  EXPECT_THAT(client.goaway(), Optional(kEnhanceYourCalm));
}

TEST(Http2Limits, ServeSoManyStreamsAtATime) {
  HttpLimits limits = http2Limits();
  limits.http2.streams = 3;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port());
  ASSERT_TRUE(client.ping());
  EXPECT_EQ(client.settings().at(3), 3U);
  for (const std::uint32_t id : {1, 3, 5, 7}) client.send(client.headers(id, get("/never")));
  client.readUntil([&] { return client.stream(7).reset || client.goaway(); });
  // Either is right (RFC 9113, 5.1.2).
  EXPECT_TRUE(client.stream(7).reset == kRefusedStream || client.goaway() == kProtocolError);
}

TEST(Http2Limits, RefuseStreamsWhileTheGuestsOfOthersThatAreGoneRunOn) {
  HttpLimits limits = http2Limits();
  limits.http2.streams = 2;
  std::vector<HttpExchange*> guests;
  TestServer server(
      [&](HttpExchange& exchange) {
        if (exchange.request().target != "/never") return answerAnything(exchange);
        exchange.beginWork();
        guests.push_back(&exchange);
      },
      limits);
  const auto running = [&] { return server.inServer([&] { return guests.size(); }); };
  Http2Client client(server.port());
  for (std::uint32_t id = 1; id < 9; id += 2) {
    client.send(client.headers(id, get("/never")));
    ASSERT_TRUE(client.ping());
    client.send(frame(kRstStream, 0, id, bigEndian(kCancel, 4)));
  }
  EXPECT_EQ(running(), 4U);
  client.send(client.headers(9, get("/never")));
  ASSERT_TRUE(client.readUntil([&] { return client.stream(9).reset.has_value(); }));
  EXPECT_THAT(client.stream(9).reset, Optional(kRefusedStream));
  EXPECT_EQ(running(), 4U);
  EXPECT_FALSE(client.goaway());
  server.inServer([&] { guests[0]->endWork(); });
  EXPECT_EQ(client.ask(11, get()).status, "200");
  server.inServer([&] {
    for (std::size_t i = 1; i < guests.size(); ++i) guests[i]->endWork();
  });
  EXPECT_EQ(server.reports(5)[0].reason, Reason::clientGone);
}

TEST(Http2Limits, GiveUpAStreamThatIsStarved) {
  HttpLimits limits = http2Limits();
  limits.writeTimeout = 50ms;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port(), setting(4, 0));
  client.send(client.headers(1, get("/large")));
  ASSERT_TRUE(client.readUntil([&] { return client.stream(1).reset.has_value(); }));
  EXPECT_THAT(client.stream(1).reset, Optional(kCancel));
  const Report report = server.reports(1)[0];
  EXPECT_EQ(report.reason, Reason::clientGone);
  EXPECT_LT(report.sent, 1'000U);
  client.send(client.headers(3, get("/empty")));
  EXPECT_EQ(client.answer(3).status, "204");
}

TEST(Http2Limits, GiveUpStreamsWhoseConnectionIsStarved) {
  HttpLimits limits = http2Limits();
  limits.writeTimeout = 50ms;
  TestServer server(answerAnything, limits);
  // The streams have windows that are large enough, the connection has only its first one.
  Http2Client client(server.port(), setting(4, 0x7fffffff));
  client.send(client.headers(1, get("/large")));
  client.send(client.headers(3, get("/large")));
  for (const std::uint32_t id : {1, 3}) {
    ASSERT_TRUE(client.readUntil([&] { return client.stream(id).reset.has_value(); }));
    EXPECT_THAT(client.stream(id).reset, Optional(kCancel));
  }
  EXPECT_EQ(client.stream(1).body.size() + client.stream(3).body.size(), 65'535U);
  for (const Report& report : server.reports(2)) EXPECT_EQ(report.reason, Reason::clientGone);
  EXPECT_EQ(client.ask(5, get("/empty")).status, "204");
  client.open(0, 1 << 20);
  EXPECT_EQ(client.ask(7, get("/large")).body.size(), 200'000U);
}

TEST(Http2Limits, RefuseStreamsWhileTooMuchWaitsForTheClient) {
  HttpLimits limits = http2Limits();
  limits.http2.unsent = 300'000;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port(), setting(4, 0));
  client.send(client.headers(1, get("/large")));
  client.send(client.headers(3, get("/large")));
  ASSERT_TRUE(client.readUntil([&] { return client.stream(3).status == "200"; }));
  client.send(client.headers(5, get("/large")));
  ASSERT_TRUE(client.readUntil([&] { return client.stream(5).reset.has_value(); }));
  EXPECT_THAT(client.stream(5).reset, Optional(kRefusedStream));
  client.open(0, 1 << 30);
  client.open(1, 1 << 30);
  EXPECT_EQ(client.answer(1).body.size(), 200'000U);
  client.open(3, 1 << 30);
  EXPECT_EQ(client.answer(3).body.size(), 200'000U);
  client.send(client.headers(7, get("/empty")));
  EXPECT_EQ(client.answer(7).status, "204");
}

/// A client that takes nothing of the large answers that it has asked for, so that nothing that the
/// server sends gets into its socket any more.
class UnreadHttp2 : public ::testing::Test {
 protected:
  static HttpLimits limits() {
    HttpLimits limits = http2Limits();
    limits.http2.unsent = 100 << 20;
    limits.http2.controlFrames = 1'000'000;
    return limits;
  }
  void SetUp() override {
    client_.open(0, 1 << 30);
    std::string requests;
    for (; next_ < 121; next_ += 2) requests += client_.headers(next_, get("/large"));
    client_.send(requests);
    sendAndAwait("");
  }
  /// Sends these at once, and waits until the server has acted on them.
  void sendAndAwait(const std::string& frames) {
    std::promise<void> seen;
    server_.inServer([&] { seen_ = &seen; });
    client_.send(frames + client_.headers(next_, get("/seen")));
    next_ += 2;
    await(seen.get_future());
  }
  static std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  }

  std::promise<void>* seen_ = nullptr;
  TestServer server_{[this](HttpExchange& exchange) {
                       if (exchange.request().target == "/seen") seen_->set_value();
                       answerAnything(exchange);
                     },
                     limits()};
  Http2Client client_{server_.port(), setting(4, 0x7fffffff), 32'768};
  std::uint32_t next_ = 1;
};

TEST_F(UnreadHttp2, IsNotListenedToWhileManyFramesWaitForIt) {
  sendAndAwait(repeated(frame(kPing, 0, 0, "12345678"), 600));
  std::promise<void> late;
  auto isLate = late.get_future();
  server_.inServer([&] { seen_ = &late; });
  client_.send(client_.headers(next_, get("/seen")));
  // Time enough for it to be read.
  Http2Client other(server_.port());
  for (std::uint32_t id = 1; id < 21; id += 2) ASSERT_EQ(other.ask(id, get()).status, "200");
  EXPECT_EQ(isLate.wait_for(0s), std::future_status::timeout);
  // It is once it reads.
  EXPECT_EQ(client_.answer(next_).status, "200");
  await(std::move(isLate));
  EXPECT_EQ(client_.pongs().size(), 600U);
  EXPECT_FALSE(client_.goaway());
}

TEST_F(UnreadHttp2, IsListenedToWhileFewFramesWaitForIt) {
  sendAndAwait(repeated(frame(kPing, 0, 0, "12345678"), 400));
  sendAndAwait("");
  EXPECT_EQ(client_.answer(next_ - 2).status, "200");
  EXPECT_EQ(client_.pongs().size(), 400U);
}

TEST_F(UnreadHttp2, IsEndedOnceAThousandAcknowledgementsWaitForIt) {
  sendAndAwait(repeated(frame(kPing, 0, 0, "12345678"), 400));
  client_.send(repeated(frame(kPing, 0, 0, "12345678"), 700));
  ASSERT_TRUE(client_.readUntil([&] { return client_.goaway().has_value(); }));
  EXPECT_THAT(client_.goaway(), Optional(kEnhanceYourCalm));
  EXPECT_LE(client_.pongs().size(), 1'000U);
}

TEST(Http2Limits, KeepNoMoreOfBodiesThanTheirWindows) {
  HttpLimits limits = http2Limits();
  limits.http2.window = 100'000;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port());
  ASSERT_TRUE(client.ping());
  // Beyond what the connection was given, though not the streams.
  for (std::uint32_t id = 1; id < 21; id += 2) {
    client.send(client.headers(id, post("/never"), kEndHeaders));
    client.send(frame(kData, 0, id, std::string(16'000, 'x')));
  }
  ASSERT_TRUE(client.readUntil([&] { return client.goaway().has_value(); }));
  EXPECT_THAT(client.goaway(), Optional(kFlowControlError));
}

TEST(Http2Deadlines, EndAConnectionThatDoesNotBegin) {
  HttpLimits limits = http2Limits();
  limits.headerTimeout = 50ms;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port(), Http2Client::Begin::silent);
  client.send(kPreface);
  EXPECT_FALSE(client.readUntil([] { return false; }));
  EXPECT_THAT(client.goaway(), Optional(kProtocolError));
}

TEST(Http2Deadlines, EndAConnectionWhoseFieldsDoNotEnd) {
  HttpLimits limits = http2Limits();
  limits.headerTimeout = 50ms;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port());
  client.send(client.headers(1, get("/never")));
  client.send(client.headers(3, get(), kEndStream));
  EXPECT_FALSE(client.readUntil([] { return false; }));
  EXPECT_THAT(client.goaway(), Optional(kEnhanceYourCalm));
}

TEST(Http2Deadlines, EndAnIdleConnectionWhateverItPings) {
  HttpLimits limits = http2Limits();
  limits.idleTimeout = 100ms;
  limits.http2.controlFrames = 1'000'000;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port());
  while (client.ping()) {
  }
  EXPECT_THAT(client.goaway(), Optional(kNoError));
}

TEST(Http2Deadlines, AnswerARequestWhoseBodyDoesNotCome) {
  HttpLimits limits = http2Limits();
  limits.bodyTimeout = 50ms;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port());
  client.send(client.headers(1, post("/trailers"), kEndHeaders));
  EXPECT_EQ(client.answer(1).status, "408");
  EXPECT_EQ(client.ask(3, get()).status, "200");
}

TEST(Http2Deadlines, EndAConnectionThatTakesNothing) {
  HttpLimits limits = http2Limits();
  limits.writeTimeout = 100ms;
  TestServer server(answerAnything, limits);
  Http2Client client(server.port(), setting(4, 0x7fffffff), 4'096);
  client.open(0, 1 << 30);
  // At once: a client that is slow to ask would be ended before it has asked for all.
  std::string requests;
  for (std::uint32_t id = 1; id < 201; id += 2) requests += client.headers(id, get("/large"));
  client.send(requests);
  for (const Report& report : server.reports(100)) {
    EXPECT_TRUE(report.reason == Reason::clientGone || report.reason == Reason::none);
  }
  EXPECT_EQ(server.inServer([&] { return server.frontEnd().exchanges(); }), 0U);
}

}  // namespace
}  // namespace skiff
