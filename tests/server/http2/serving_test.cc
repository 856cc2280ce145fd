// HTTP/2 as its clients see it: requests, bodies both ways and flow control.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/http/exchange.h"
#include "tests/server/http/test_server.h"
#include "tests/server/http2/http2_client.h"
#include "tests/server/http2/http2_server.h"

namespace skiff {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kWindow = 65'535;

TEST(Http2Serving, AnswersManyRequestsOfOneConnection) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  std::string requests;
  for (std::uint32_t id = 1; id < 100; id += 2) {
    requests += client.headers(id, get("/" + std::to_string(id)));
  }
  client.send(requests);
  for (std::uint32_t id = 1; id < 100; id += 2) {
    const StreamAnswer& answer = client.answer(id);
    EXPECT_EQ(answer.status, "200");
    EXPECT_THAT(answer.body, HasSubstr("GET /" + std::to_string(id) + " HTTP/2.0 a.test\n"));
    EXPECT_EQ(answer.fields.at("content-length"), std::to_string(answer.body.size()));
    EXPECT_EQ(answer.fields.count("date"), 1U);
    EXPECT_EQ(answer.fields.count("connection"), 0U);
  }
  const auto reports = server.reports(50);
  EXPECT_EQ(reports[0].status, 200);
  EXPECT_EQ(reports[0].reason, Reason::none);
}

TEST(Http2Serving, TakesAPrefaceInSingleBytes) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port(), Http2Client::Begin::silent);
  for (const char byte : std::string(kPreface) + frame(kSettings, 0, 0)) {
    client.send(std::string_view(&byte, 1));
    // So that the next one is read by itself.
    server.inServer([] { return 0; });
  }
  EXPECT_EQ(client.ask(1, get()).status, "200");
}

TEST(Http2Serving, BeginsNowhereButAtAConnectionsBeginning) {
  TestServer server(answerAnything, http2Limits());
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n" + std::string(kPreface) +
              frame(kSettings, 0, 0));
  server.reports(2);
  EXPECT_EQ(server.reports(2)[0].status, 200);
  EXPECT_TRUE(server.reports(2)[1].refused);
}

TEST(Http2Serving, TakesWhatBeginsAsThePrefaceDoesForWhatItIs) {
  TestServer server(answerAnything, http2Limits());
  HttpClient client(server.port());
  client.send("P");
  server.inServer([] { return 0; });
  client.send("UT /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(server.reports(1)[0].status, 200);
}

TEST(Http2Serving, ShowsGuestsOneHostAndOneCookie) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  const std::string body =
      client
          .ask(1, get("/path?query",
                      {{"cookie", "a=b"}, {"te", "trailers"}, {"x-a", " \tb"}, {"cookie", "c=d"}}))
          .body;
  EXPECT_THAT(client.stream(1).reset, ::testing::Optional(kProtocolError));
  const std::string good =
      client.ask(3, get("/path?query", {{"cookie", "a=b"}, {"te", "trailers"}, {"cookie", "c=d"}}))
          .body;
  EXPECT_EQ(good, "GET /path?query HTTP/2.0 a.test\ncookie=a=b; c=d\nHost=a.test\n");
}

TEST(Http2Serving, EchoesBodiesLargerThanAllWindows) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  std::string sent;
  for (int i = 0; sent.size() < (3 << 20); ++i) sent += std::to_string(i) + " ";
  client.send(client.headers(1, post("/echo"), kEndHeaders));
  client.open(0, 1 << 30);
  client.open(1, 1 << 30);
  // The client keeps to the server's windows.
  std::size_t at = 0;
  while (at < sent.size()) {
    const std::size_t stream = kWindow + client.windowUpdates(1) - at;
    const std::size_t connection = kWindow + client.windowUpdates(0) - at;
    const std::size_t size = std::min({std::size_t{16'384}, sent.size() - at, stream, connection});
    if (size == 0) {
      ASSERT_TRUE(client.read());
      ASSERT_FALSE(client.stream(1).reset);
      continue;
    }
    ASSERT_TRUE(client.send(frame(kData, at + size == sent.size() ? kEndStream : 0, 1,
                                  std::string_view(sent).substr(at, size))));
    at += size;
  }
  const StreamAnswer& answer = client.answer(1);
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, sent);
}

TEST(Http2Serving, GivesWindowsBackOnlyForWhatTheGuestHasRead) {
  std::promise<HttpExchange*> begun;
  TestServer server([&](HttpExchange& exchange) { begun.set_value(&exchange); }, http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, post(), kEndHeaders));
  HttpExchange* const exchange = await(begun.get_future());
  const std::string part(16'000, 'x');
  for (int i = 0; i < 4; ++i) client.send(frame(kData, 0, 1, part));
  ASSERT_TRUE(client.ping());
  EXPECT_EQ(client.windowUpdates(1), 0U);
  server.inServer([&] {
    std::vector<std::byte> into(64'000);
    EXPECT_EQ(exchange->readRequestBody(into).size, into.size());
  });
  ASSERT_TRUE(client.readUntil([&] { return client.windowUpdates(1) != 0; }));
  EXPECT_EQ(client.windowUpdates(1), 64'000U);
  server.inServer([&] { exchange->finish(); });
  EXPECT_EQ(client.answer(1).status, "200");
}

TEST(Http2Serving, StopsWritingWhileAWindowIsClosedAndGoesOnWhenItOpens) {
  std::size_t written = 0;
  TestServer server(
      [&](HttpExchange& exchange) {
        Script::run(exchange, [&](HttpExchange& now) {
          const std::string part(10'000, 'x');
          while (written < 1'000'000) {
            const std::size_t taken = now.writeResponseBody(std::as_bytes(std::span(part)));
            written += taken;
            if (taken == 0) return now.waitFor(kWaitResponseRoom);
          }
          now.finish();
        });
      },
      http2Limits());
  Http2Client client(server.port(), setting(4, 1'000));
  client.send(client.headers(1, get()));
  ASSERT_TRUE(client.readUntil([&] { return client.stream(1).body.size() == 1'000; }));
  ASSERT_TRUE(client.ping());
  EXPECT_EQ(client.stream(1).body.size(), 1'000U);
  EXPECT_LE(server.inServer([&] { return written; }), 200'000U);
  client.open(0, 1 << 30);
  client.open(1, 1 << 30);
  const StreamAnswer& answer = client.answer(1);
  EXPECT_TRUE(answer.complete);
  EXPECT_GE(answer.body.size(), 1'000'000U);
}

TEST(Http2Serving, LetsOthersGoOnWhileOneStreamIsStarved) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port(), setting(4, 0));
  client.send(client.headers(1, get("/large")));
  ASSERT_TRUE(client.readUntil([&] { return client.stream(1).status == "200"; }));
  client.send(client.headers(3, get("/empty")));
  EXPECT_EQ(client.answer(3).status, "204");
  EXPECT_TRUE(client.stream(3).complete);
  EXPECT_EQ(client.stream(1).body, "");
}

TEST(Http2Serving, SendsTrailersBehindAStreamedBody) {
  TestServer server(
      [](HttpExchange& exchange) {
        write(exchange, "body");
        exchange.flush();
        exchange.response().trailers.add("X-Sum", "4");
        exchange.response().trailers.add("content-length", "1");
        exchange.finish();
      },
      http2Limits());
  Http2Client client(server.port());
  const StreamAnswer& answer = client.ask(1, get());
  EXPECT_EQ(answer.body, "body");
  EXPECT_THAT(answer.trailers,
              ElementsAre(std::pair<const std::string, std::string>("x-sum", "4")));
  EXPECT_TRUE(answer.complete);
}

TEST(Http2Serving, GivesTheGuestTheTrailersOfARequest) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, post("/trailers"), kEndHeaders));
  client.send(frame(kData, 0, 1, "body"));
  client.send(client.headers(1, {{"x-sum", "4"}}));
  EXPECT_EQ(client.answer(1).body, "body x-sum=4\n");
  client.send(client.headers(3, post("/trailers"), kEndHeaders));
  client.send(frame(kData, 0, 3, "body"));
  client.send(client.headers(3, {{"content-length", "4"}}));
  EXPECT_EQ(client.answer(3).status, "400");
}

TEST(Http2Serving, TellsAClientThatWaitsToSendItsBody) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, post("/trailers", {{"expect", "100-continue"}}), kEndHeaders));
  ASSERT_TRUE(client.readUntil([&] { return !client.stream(1).informed.empty(); }));
  EXPECT_THAT(client.stream(1).informed, ElementsAre("100"));
  client.send(frame(kData, kEndStream, 1, "body"));
  EXPECT_EQ(client.answer(1).body, "body ");
}

TEST(Http2Serving, AnswersToHeadHaveNoBody) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  Fields fields = get("/x");
  fields[0].second = "HEAD";
  const StreamAnswer& answer = client.ask(1, fields);
  EXPECT_EQ(answer.status, "200");
  EXPECT_EQ(answer.body, "");
  EXPECT_NE(answer.fields.at("content-length"), "0");
}

TEST(Http2Serving, StopsAClientFromSendingABodyThatNobodyReads) {
  TestServer server(answerAnything, http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, post("/empty"), kEndHeaders) + frame(kData, 0, 1, "begins"));
  ASSERT_TRUE(client.readUntil([&] { return client.stream(1).reset.has_value(); }));
  EXPECT_EQ(client.stream(1).status, "204");
  EXPECT_TRUE(client.stream(1).complete);
  EXPECT_EQ(client.stream(1).reset, kNoError);
  EXPECT_EQ(client.ask(3, get()).status, "200");
}

TEST(Http2Serving, ResetsTheStreamOfAnAnswerThatIsCut) {
  TestServer server(
      [](HttpExchange& exchange) {
        if (exchange.request().target != "/cut") return answerAnything(exchange);
        exchange.response().headers.add("Content-Length", "100");
        write(exchange, "too short");
        exchange.flush();
        exchange.finish();
      },
      http2Limits());
  Http2Client client(server.port());
  const StreamAnswer& answer = client.ask(1, get("/cut"));
  EXPECT_FALSE(answer.complete);
  EXPECT_EQ(answer.reset, kInternalError);
  EXPECT_EQ(client.ask(3, get()).status, "200");
  EXPECT_EQ(server.reports(1)[0].reason, Reason::badResponse);
}

TEST(Http2Serving, AbandonsTheGuestOfARequestThatIsTakenBack) {
  std::promise<void> begun;
  std::promise<Reason> ended;
  TestServer server(
      [&](HttpExchange& exchange) {
        Script::run(
            exchange, [](HttpExchange& now) { now.waitFor(kWaitRequestBody); },
            [&](Reason reason) { ended.set_value(reason); });
        begun.set_value();
      },
      http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, post(), kEndHeaders));
  await(begun.get_future());
  client.send(frame(kRstStream, 0, 1, bigEndian(kCancel, 4)));
  EXPECT_EQ(await(ended.get_future()), Reason::clientGone);
  EXPECT_EQ(server.reports(1)[0].reason, Reason::clientGone);
  EXPECT_TRUE(client.ping());
}

TEST(Http2Serving, AbandonsAllGuestsOfAConnectionThatBreaks) {
  std::promise<void> begun;
  TestServer server(
      [&, count = 0](HttpExchange& exchange) mutable {
        Script::run(exchange, [](HttpExchange& now) { now.waitFor(kWaitRequestBody); });
        if (++count == 2) begun.set_value();
      },
      http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, post(), kEndHeaders));
  client.send(client.headers(3, post(), kEndHeaders));
  await(begun.get_future());
  client.socket().reset();
  for (const Report& report : server.reports(2)) EXPECT_EQ(report.reason, Reason::clientGone);
}

TEST(Http2Serving, KeepsWhatHappensWhileAGuestIsBesideItsShard) {
  std::promise<HttpExchange*> begun;
  TestServer server(
      [&](HttpExchange& exchange) {
        if (exchange.request().target != "/away") return answerAnything(exchange);
        begun.set_value(&exchange);
      },
      http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, post("/away"), kEndHeaders) + frame(kData, 0, 1, "first"));
  HttpExchange* const exchange = await(begun.get_future());
  ASSERT_TRUE(client.ping());
  server.inServer([&] {
    exchange->beginWork();
    exchange->freeze();
  });
  exchange->leaveShard();
  client.send(frame(kData, kEndStream, 1, "second"));
  EXPECT_EQ(client.ask(3, get()).status, "200");
  std::array<std::byte, 100> into;
  const BodyRead first = exchange->readRequestBody(into);
  EXPECT_EQ(first.size, 5U);
  EXPECT_FALSE(first.end);
  write(*exchange, "answer");
  server.inServer([&] {
    exchange->thaw();
    const BodyRead second = exchange->readRequestBody(into);
    EXPECT_EQ(second.size, 6U);
    EXPECT_TRUE(second.end);
    exchange->finish();
    exchange->endWork();
  });
  EXPECT_EQ(client.answer(1).body, "answer");
}

TEST(Http2Serving, TellsClientsOfADrainAndServesWhatIsOnItsWay) {
  std::promise<HttpExchange*> begun;
  TestServer server(
      [&](HttpExchange& exchange) {
        if (exchange.request().target != "/wait") return answerAnything(exchange);
        begun.set_value(&exchange);
      },
      http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, get("/wait")));
  HttpExchange* const exchange = await(begun.get_future());
  drain(server);
  ASSERT_TRUE(client.readUntil([&] { return client.goaway().has_value(); }));
  EXPECT_EQ(client.goaway(), kNoError);
  EXPECT_EQ(client.lastStream(), 0x7fffffffU);
  // Sent before the client could know.
  EXPECT_EQ(client.ask(3, get()).status, "200");
  ASSERT_TRUE(client.readUntil([&] { return !client.pings().empty(); }));
  client.send(frame(kPing, kAck, 0, client.pings()[0]));
  ASSERT_TRUE(client.readUntil([&] { return client.lastStream() != 0x7fffffff; }));
  EXPECT_EQ(client.lastStream(), 3U);
  server.inServer([&] {
    write(*exchange, "late");
    exchange->finish();
  });
  EXPECT_EQ(client.answer(1).body, "late");
  EXPECT_FALSE(client.read());
  client.socket().close();
  server.awaitDrained();
}

TEST(Http2Serving, AnswersWhatItCanWhenItIsAborted) {
  std::promise<void> begun;
  TestServer server([&](HttpExchange&) { begun.set_value(); }, http2Limits());
  Http2Client client(server.port());
  client.send(client.headers(1, get()));
  await(begun.get_future());
  server.inServer([&] { server.frontEnd().abortAll(); });
  EXPECT_EQ(client.answer(1).status, "503");
  EXPECT_EQ(client.answer(1).fields.at("skiff-reason"), "drained");
  EXPECT_EQ(server.reports(1)[0].reason, Reason::drained);
}

TEST(Http2Serving, IsNotSpokenWithoutTlsUnlessThatIsAllowed) {
  TestServer server(answerAnything);
  Http2Client client(server.port());
  EXPECT_THAT(client.socket().readToEnd(), HasSubstr("505 "));
}

}  // namespace
}  // namespace skiff
