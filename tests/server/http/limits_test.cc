#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/http/http_client.h"
#include "tests/server/http/test_server.h"

namespace skiff {
namespace {

using testing::HasSubstr;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

void finish(HttpExchange& exchange) {
  exchange.finish();
}

void expectProblem(const ClientResponse& response, int status, std::string_view reason) {
  EXPECT_EQ(response.status, status);
  EXPECT_EQ(response.field("skiff-reason"), reason);
  EXPECT_EQ(response.field("content-type"), "application/problem+json");
  EXPECT_EQ(response.field("connection"), "close");
  EXPECT_THAT(response.body, HasSubstr("\"reason\":\"" + std::string(reason) + "\""));
  EXPECT_TRUE(response.complete);
}

TEST(LimitTest, EachRefusalHasItsStatusAndReasonAndIsReported) {
  HttpLimits limits;
  limits.uri = 100;
  limits.headers = 500;
  limits.headerCount = 5;
  struct Case {
    std::string request;
    int status;
    std::string_view word;
    Reason reason;
  };
  const Case cases[] = {
      {"GET /" + std::string(100, 'p') + " HTTP/1.1\r\n", 414, "uri_too_long", Reason::uriTooLong},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(500, 'v') + "\r\n", 431,
       "headers_too_large", Reason::headersTooLarge},
      {"GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\n", 431,
       "headers_too_large", Reason::headersTooLarge},
      {"nonsense\r\n\r\n", 400, "bad_request", Reason::badRequest},
      {"FROB / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "bad_request", Reason::badRequest},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "bad_request", Reason::badRequest},
      {"POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 1\r\n\r\n", 417, "bad_request",
       Reason::badRequest},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.request.substr(0, 30));
    TestServer server(finish, limits);
    HttpClient client(server.port());
    expectProblem(client.ask(one.request), one.status, one.word);
    client.finishSending();
    EXPECT_TRUE(client.isClosed());
    EXPECT_FALSE(client.wasReset());
    const Report report = server.reports(1)[0];
    EXPECT_TRUE(report.refused);
    EXPECT_EQ(report.status, one.status);
    EXPECT_EQ(report.reason, one.reason);
    EXPECT_EQ(report.received, one.request.size());
    EXPECT_GT(report.sent, 0u);
  }
}

TEST(LimitTest, ARefusalReachesAClientThatIsStillSending) {
  HttpLimits limits;
  TestServer server(finish, limits);
  HttpClient client(server.port());
  client.send("GET /" + std::string(200'000, 'p'));
  expectProblem(client.read(), 414, "uri_too_long");
}

TEST(LimitTest, ALongHeadWithinItsLimitsIsServed) {
  TestServer server([](HttpExchange& exchange) {
    write(exchange, *exchange.request().headers.find("X"));
    exchange.finish();
  });
  HttpClient client(server.port());
  const std::string value(30'000, 'v');
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\nX: " + value + "\r\n\r\n";
  EXPECT_EQ(client.ask(request + request).body, value);
  EXPECT_EQ(client.read().body, value);
  EXPECT_EQ(client.ask(request).body, value);
}

TEST(LimitTest, AnAnnouncedBodyAboveTheAppsLimitIsRefusedBeforeTheGuestStarts) {
  bool started = false;
  TestServer server([&](HttpExchange& exchange) {
    if (!exchange.setRequestBodyLimit(10)) return;
    started = true;
    exchange.finish();
  });
  HttpClient client(server.port());
  const auto response = client.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  expectProblem(response, 413, "body_too_large");
  EXPECT_FALSE(started);
  HttpClient other(server.port());
  EXPECT_EQ(other.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789").status,
            200);
}

TEST(LimitTest, AChunkedBodyAboveTheAppsLimitAbandonsTheGuest) {
  std::promise<Reason> abandoned;
  TestServer server([&](HttpExchange& exchange) {
    EXPECT_TRUE(exchange.setRequestBodyLimit(10));
    Script::run(
        exchange,
        [](HttpExchange& now) {
          std::array<std::byte, 100> part;
          while (!now.readRequestBody(part).wouldBlock()) {
          }
          now.waitFor(kWaitRequestBody);
        },
        [&](Reason reason) { abandoned.set_value(reason); });
  });
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n");
  client.send("8\r\n12345678\r\n");
  expectProblem(client.read(), 413, "body_too_large");
  EXPECT_EQ(await(abandoned.get_future()), Reason::bodyTooLarge);
}

TEST(LimitTest, ABrokenBodyAbandonsTheGuest) {
  std::promise<Reason> abandoned;
  TestServer server([&](HttpExchange& exchange) {
    Script::run(
        exchange,
        [](HttpExchange& now) {
          std::array<std::byte, 100> part;
          now.readRequestBody(part);
          now.waitFor(kWaitRequestBody);
        },
        [&](Reason reason) { abandoned.set_value(reason); });
  });
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense");
  expectProblem(client.read(), 400, "bad_request");
  EXPECT_EQ(await(abandoned.get_future()), Reason::badRequest);
  EXPECT_EQ(server.reports(1)[0].reason, Reason::badRequest);
}

TEST(LimitTest, AForbiddenTrailerAbandonsTheGuest) {
  TestServer server(echo);
  HttpClient client(server.port());
  client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n");
  expectProblem(client.read(), 400, "bad_request");
}

HttpLimits shortTimes() {
  HttpLimits limits;
  limits.headerTimeout = limits.bodyTimeout = limits.writeTimeout = limits.idleTimeout =
      std::chrono::milliseconds(100);
  return limits;
}

TEST(TimeoutTest, AnIdleConnectionIsClosedWithoutAnAnswer) {
  TestServer server(finish, shortTimes());
  HttpClient fresh(server.port());
  EXPECT_EQ(fresh.readToEnd(), "");
  HttpClient used(server.port());
  EXPECT_EQ(used.ask(kGet).status, 200);
  EXPECT_EQ(used.readToEnd(), "");
  EXPECT_FALSE(used.wasReset());
}

TEST(TimeoutTest, AHeadThatDoesNotEndIsAnsweredWith408) {
  TestServer server(finish, shortTimes());
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHo");
  expectProblem(client.read(), 408, "request_timeout");
  EXPECT_EQ(server.reports(1)[0].reason, Reason::requestTimeout);
}

TEST(TimeoutTest, AHeadThatTricklesGetsNoMoreTime) {
  HttpLimits limits = shortTimes();
  TestServer server(finish, limits);
  HttpClient client(server.port());
  client.send("GET / HTTP/1.1\r\nX: ");
  int sent = 0;
  while (sent < 1'000'000 && client.sendSome("x") == 1) {
    ++sent;
    server.inServer([] {});
  }
  expectProblem(client.read(), 408, "request_timeout");
}

TEST(TimeoutTest, ABodyThatDoesNotComeAbandonsTheGuest) {
  std::promise<Reason> abandoned;
  TestServer server(
      [&](HttpExchange& exchange) {
        Script::run(
            exchange,
            [](HttpExchange& now) {
              std::array<std::byte, 100> part;
              now.readRequestBody(part);
              now.waitFor(kWaitRequestBody);
            },
            [&](Reason reason) { abandoned.set_value(reason); });
      },
      shortTimes());
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfive.");
  expectProblem(client.read(), 408, "request_timeout");
  EXPECT_EQ(await(abandoned.get_future()), Reason::requestTimeout);
}

TEST(TimeoutTest, ABodyThatNobodyWaitsForHasTime) {
  TestServer server(
      [](HttpExchange& exchange) {
        const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
        Script::run(exchange, [later](HttpExchange& now) {
          if (std::chrono::steady_clock::now() < later) {
            now.waitFor(kWaitTime, later);
          } else {
            now.finish();
          }
        });
      },
      shortTimes());
  HttpClient client(server.port());
  EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n").status, 200);
}

TEST(TimeoutTest, AClientThatTakesNothingIsGivenUp) {
  std::promise<Reason> abandoned;
  TestServer server(
      [&](HttpExchange& exchange) {
        Script::run(
            exchange,
            [](HttpExchange& now) {
              const std::string part(10'000, 'x');
              while (now.writeResponseBody(std::as_bytes(std::span(part))) != 0) {
              }
              now.waitFor(kWaitResponseRoom);
            },
            [&](Reason reason) { abandoned.set_value(reason); });
      },
      shortTimes());
  HttpClient client(server.port(), 4096);
  client.send(kGet);
  EXPECT_EQ(await(abandoned.get_future()), Reason::clientGone);
  EXPECT_EQ(server.reports(1)[0].reason, Reason::clientGone);
}

TEST(TimeoutTest, AFinishedAnswerThatIsNotTakenIsGivenUp) {
  TestServer server(
      [](HttpExchange& exchange) { exchange.finishWith(std::string(50'000'000, 'x')); },
      shortTimes());
  HttpClient client(server.port(), 4096);
  client.send(kGet);
  const Report report = server.reports(1)[0];
  EXPECT_EQ(report.reason, Reason::clientGone);
  EXPECT_LT(report.sent, 50'000'000u);
}

TEST(TimeoutTest, AWaitEndsAtItsTimeAndNotBefore) {
  using Clock = std::chrono::steady_clock;
  std::promise<bool> inTime;
  TestServer server([&](HttpExchange& exchange) {
    const auto until = Clock::now() + std::chrono::milliseconds(20);
    exchange.attach<Script>(
        exchange,
        [&inTime, until](HttpExchange& now) {
          inTime.set_value(Clock::now() >= until);
          now.finish();
        },
        nullptr);
    exchange.setListener(static_cast<Script*>(exchange.attachment()));
    exchange.waitFor(kWaitTime, Clock::now() + std::chrono::hours(1));
    exchange.waitFor(kWaitTime, until);
  });
  HttpClient client(server.port());
  EXPECT_EQ(client.ask(kGet).status, 200);
  EXPECT_TRUE(await(inTime.get_future()));
}

TEST(ConnectionLimitTest, OneTooManyIsAnsweredAndClosed) {
  HttpLimits limits;
  limits.connectionsPerAddress = 2;
  TestServer server(finish, limits);
  HttpClient one(server.port());
  HttpClient two(server.port());
  EXPECT_EQ(one.ask(kGet).status, 200);
  EXPECT_EQ(two.ask(kGet).status, 200);
  {
    HttpClient three(server.port());
    const auto response = three.read();
    expectProblem(response, 503, "overloaded");
    EXPECT_EQ(response.field("retry-after"), "1");
  }
  EXPECT_TRUE(server.reports(3)[2].refused);
  one.close();
  // The place is free as soon as the server has seen it.
  int status = 0;
  for (int i = 0; i < 1000 && status != 200; ++i) {
    HttpClient again(server.port());
    again.send(kGet);
    status = again.read().status;
  }
  EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace skiff
