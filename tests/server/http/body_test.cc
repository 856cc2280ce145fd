#include <atomic>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "quota/quotas.h"
#include "tests/server/http/http_client.h"
#include "tests/server/http/test_server.h"

namespace skiff {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string post(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

std::string numbered(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ",";
  text.resize(size);
  return text;
}

TEST(BodyTest, EchoesBodiesOfEverySize) {
  TestServer server(echo);
  HttpClient client(server.port());
  for (const std::size_t size : {0u, 1u, 4095u, 4096u, 65535u, 65536u, 65537u, 300'000u}) {
    const std::string body = numbered(size);
    std::thread sender([&] { client.send(post(body)); });
    const auto response = client.read();
    sender.join();
    ASSERT_TRUE(response.complete);
    ASSERT_EQ(response.body, body) << size;
  }
}

TEST(BodyTest, EchoesChunksAsTheyCome) {
  TestServer server(echo);
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  EXPECT_THAT(client.readSome(), HasSubstr("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
  client.send("3;ext=1\r\nyou\r\n");
  EXPECT_EQ(client.readSome(), "3\r\nyou\r\n");
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.readSome(), "0\r\n\r\n");
  EXPECT_EQ(client.ask(post("again")).body, "again") << "the connection was kept";
}

TEST(BodyTest, StreamsToHttp10UntilTheEndOfTheConnection) {
  TestServer server(echo);
  HttpClient client(server.port());
  client.send(
      "POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_THAT(client.readSome(), HasSubstr("Connection: close\r\n\r\nabc"));
  client.send("def");
  EXPECT_EQ(client.readToEnd(), "def");
  EXPECT_FALSE(client.wasReset());
}

TEST(BodyTest, TrailersGoBothWays) {
  TestServer server([](HttpExchange& exchange) {
    Script::run(exchange, [](HttpExchange& now) {
      std::array<std::byte, 100> part;
      while (true) {
        const BodyRead read = now.readRequestBody(part);
        if (read.wouldBlock()) {
          now.waitFor(kWaitRequestBody);
          return;
        }
        if (read.end && read.size == 0) break;
        now.writeResponseBody(std::span(part).first(read.size));
        now.flush();
      }
      for (const Header& trailer : now.request().trailers) {
        now.response().trailers.add(trailer.name, trailer.value);
      }
      now.finish();
    });
  });
  HttpClient client(server.port());
  const auto response = client.ask(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nhi\r\n0\r\nChecksum: 42 \r\nOther: x\r\n\r\n");
  EXPECT_EQ(response.body, "hi");
  EXPECT_EQ(response.trailers, "Checksum: 42\r\nOther: x\r\n");
}

TEST(BodyTest, ALargeAnswerIsSentWhole) {
  const std::string body = numbered(5'000'000);
  TestServer server([&](HttpExchange& exchange) { exchange.finishWith(body); });
  HttpClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    const auto response = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(response.field("content-length"), "5000000");
    ASSERT_EQ(response.body, body);
  }
}

TEST(BodyTest, WhatWasWrittenCanBeTakenBackUntilItIsCommitted) {
  TestServer server([&](HttpExchange& exchange) {
    write(exchange, "draft");
    EXPECT_TRUE(exchange.discardResponseBody());
    write(exchange, "final");
    exchange.flush();
    EXPECT_TRUE(exchange.responseCommitted());
    EXPECT_FALSE(exchange.discardResponseBody());
    exchange.finish();
  });
  HttpClient client(server.port());
  EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body, "final");
}

TEST(BodyTest, AFlushWithNothingWrittenCommitsNothing) {
  TestServer server([&](HttpExchange& exchange) {
    exchange.flush();
    EXPECT_FALSE(exchange.responseCommitted());
    exchange.response().status = 201;
    exchange.finish();
  });
  HttpClient client(server.port());
  EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 201);
}

TEST(BodyTest, AClientThatTakesNothingHoldsTheWriterNotTheServer) {
  std::atomic<std::size_t> written = 0;
  std::atomic<int> stalls = 0;
  TestServer server([&](HttpExchange& exchange) {
    if (exchange.request().target == "/other") {
      exchange.finish();
      return;
    }
    Script::run(exchange, [&](HttpExchange& now) {
      const std::string part(10'000, 'x');
      while (written < 50'000'000) {
        const std::size_t taken = now.writeResponseBody(std::as_bytes(std::span(part)));
        written += taken;
        if (taken == 0) {
          ++stalls;
          now.waitFor(kWaitResponseRoom);
          return;
        }
      }
      now.finish();
    });
  });
  HttpClient slow(server.port(), 4096);
  slow.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_FALSE(slow.readSome(1).empty());
  // Others are served meanwhile, and what the server holds is bounded.
  HttpClient other(server.port());
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(other.ask("GET /other HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
    ASSERT_FALSE(slow.readSome(1).empty());
  }
  EXPECT_GT(stalls, 0);
  EXPECT_LT(written, 20'000'000u) << "beyond the kernel's buffers only a bounded amount is held";
}

TEST(BodyTest, AnUploadIsHeldBackWhileNobodyReadsIt) {
  std::promise<HttpExchange*> started;
  TestServer server([&](HttpExchange& exchange) { started.set_value(&exchange); });
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  HttpExchange* exchange = await(started.get_future());
  const std::string part(100'000, 'x');
  std::size_t sent = 0;
  // Until the kernel's buffers on both sides are full: nothing is taken twice in a row.
  for (int refusals = 0; refusals < 50;) {
    const std::size_t taken = client.sendSome(part);
    sent += taken;
    refusals = taken == 0 ? refusals + 1 : 0;
    if (taken == 0) server.inServer([] {});
  }
  EXPECT_LT(sent, 50'000'000u);
  EXPECT_GT(sent, HttpLimits::kBuffer);
  server.inServer([&] { exchange->fail(Reason::guestExit); });
  EXPECT_EQ(client.read().status, 502);
}

TEST(BodyTest, AMegabyteManyTimesThroughBoundedBuffers) {
  TestServer server(echo);
  HttpClient client(server.port());
  constexpr std::size_t kTotal = 64 << 20;
  const std::string part(1 << 20, 'p');
  std::thread sender([&] {
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kTotal) +
                "\r\n\r\n");
    for (std::size_t sent = 0; sent < kTotal; sent += part.size()) client.send(part);
  });
  const auto response = client.read();
  sender.join();
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body.size(), kTotal);
}

/// A request whose body is on its way, to an app whose limits the test changes.
class BodyLimitTest : public testing::Test {
 protected:
  BodyLimitTest()
      : server([this](HttpExchange& exchange) {
          exchange.setQuota(&quota);
          Script::run(exchange, [this](HttpExchange& now) { read(now); });
          if (!began.exchange(true)) started.set_value(&exchange);
        }) {}

  void read(HttpExchange& exchange) {
    std::array<std::byte, 1000> into;
    while (true) {
      const BodyRead part = exchange.readRequestBody(into);
      received += part.size;
      if (part.end) return exchange.finish();
      if (part.wouldBlock()) return exchange.waitFor(kWaitRequestBody);
    }
  }
  HttpExchange* begin(std::string_view message) {
    client.send(message);
    HttpExchange* const exchange = await(started.get_future());
    while (server.inServer([this] { return received; }) == 0) std::this_thread::yield();
    return exchange;
  }
  void lower() {
    Limits limits;
    limits.requestBody = ByteSize(20);
    quota.limits.set(limits);
  }

  static constexpr std::string_view kChunks =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n";
  AppQuota quota{std::make_shared<TenantQuota>("acme", Limits()), "app", Limits()};
  std::promise<HttpExchange*> started;
  std::atomic<bool> began{false};
  std::size_t received = 0;
  TestServer server;
  HttpClient client{server.port()};
};

TEST_F(BodyLimitTest, HoldsForTheNextChunkOnceItIsLowered) {
  begin(kChunks);
  lower();
  client.send("a\r\n0123456789\r\n");
  while (server.inServer([this] { return received; }) < 20) std::this_thread::yield();
  client.send("1\r\nx\r\n");
  EXPECT_EQ(client.read().status, 413);
}

TEST_F(BodyLimitTest, RefusesAtOnceABodyThatIsLongerAlready) {
  HttpExchange* const exchange =
      begin("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 21\r\n\r\n0123456789");
  server.inServer([&] { exchange->onLimitsChanged(); });
  lower();
  server.inServer([&] { exchange->onLimitsChanged(); });
  const auto response = client.read();
  EXPECT_EQ(response.status, 413);
  EXPECT_THAT(response.body, HasSubstr("body_too_large"));
}

TEST_F(BodyLimitTest, LeavesABodyAloneThatFits) {
  HttpExchange* const exchange = begin(kChunks);
  lower();
  server.inServer([&] { exchange->onLimitsChanged(); });
  client.send("a\r\n0123456789\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
}

TEST_F(BodyLimitTest, WaitsForAGuestThatIsAwayFromItsShard) {
  HttpExchange* const exchange =
      begin("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 21\r\n\r\n0123456789");
  server.inServer([&] {
    exchange->beginWork();
    exchange->freeze();
    exchange->leaveShard();
    lower();
    exchange->onLimitsChanged();
    EXPECT_FALSE(exchange->isOver());
    exchange->thaw();
    exchange->endWork();
  });
  EXPECT_EQ(client.read().status, 413);
}

TEST(ExpectTest, ContinuesWhenTheBodyIsWanted) {
  TestServer server(echo);
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.readSome(), "HTTP/1.1 100 Continue\r\n\r\n");
  const auto response = client.ask("hello");
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(client.ask(post("kept")).body, "kept");
}

TEST(ExpectTest, DoesNotContinueWhenTheBodyIsThereAlready) {
  TestServer server(echo);
  HttpClient client(server.port());
  const auto response = client.ask(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
}

TEST(ExpectTest, AnAnswerWithoutReadingClosesSoThatNothingIsAmbiguous) {
  TestServer server([](HttpExchange& exchange) { exchange.finish(); });
  HttpClient client(server.port());
  const auto response =
      client.ask("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("connection"), "close");
  client.finishSending();
  EXPECT_TRUE(client.isClosed());
}

TEST(UnreadBodyTest, ASmallRestIsDroppedAndTheConnectionKept) {
  TestServer server([](HttpExchange& exchange) { exchange.finish(); });
  HttpClient client(server.port());
  const std::string chunked =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  for (const std::string& request : {post(numbered(60'000)), chunked}) {
    const std::size_t first = request.size() - 8;
    client.send(request.substr(0, first));
    EXPECT_EQ(client.read().status, 200);
    client.send(request.substr(first));
    EXPECT_EQ(client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 200);
  }
}

TEST(UnreadBodyTest, ALargeRestEndsTheConnectionButNotBeforeTheAnswerIsRead) {
  TestServer server([](HttpExchange& exchange) { exchange.fail(Reason::noRoute); });
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  client.send(std::string(500'000, 'x'));
  const auto response = client.read();
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_THAT(response.body, HasSubstr("no_route"));
}

TEST(UnreadBodyTest, AChunkedRestThatNeverEndsIsNotReadForEver) {
  TestServer server([](HttpExchange& exchange) { exchange.finish(); });
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
  int sent = 0;
  while (sent < 10'000 && client.send(chunk)) ++sent;
  EXPECT_LT(sent, 10'000);
}

}  // namespace
}  // namespace skiff
