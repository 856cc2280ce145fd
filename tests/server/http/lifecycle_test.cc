#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
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

void waitLong(HttpExchange& exchange) {
  exchange.waitFor(kWaitTime, std::chrono::steady_clock::now() + std::chrono::hours(1));
}

/// A guest that waits for what never comes, and says why it was abandoned.
struct Sleeper {
  std::promise<HttpExchange*> started;
  std::promise<Reason> abandoned;

  TestServer::Answer answer() {
    return [this](HttpExchange& exchange) {
      Script::run(exchange, waitLong, [this](Reason reason) { abandoned.set_value(reason); });
      started.set_value(&exchange);
    };
  }
};

TEST(ClientGoneTest, AClosedConnectionAbandonsASuspendedGuest) {
  for (const bool byReset : {false, true}) {
    Sleeper sleeper;
    TestServer server(sleeper.answer());
    HttpClient client(server.port());
    client.send(kGet);
    await(sleeper.started.get_future());
    byReset ? client.reset() : client.close();
    EXPECT_EQ(await(sleeper.abandoned.get_future()), Reason::clientGone);
    const Report report = server.reports(1)[0];
    EXPECT_EQ(report.reason, Reason::clientGone);
    EXPECT_EQ(report.status, 499);
    EXPECT_EQ(report.sent, 0u);
  }
}

TEST(ClientGoneTest, IsNoticedBehindABodyThatNobodyReads) {
  Sleeper sleeper;
  TestServer server(sleeper.answer());
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  await(sleeper.started.get_future());
  // More than the input buffer takes, so that the server has stopped to read, and less than the
  // kernel takes on top: the end of a connection travels behind its bytes.
  client.send(std::string(100'000, 'x'));
  client.close();
  EXPECT_EQ(await(sleeper.abandoned.get_future()), Reason::clientGone);
}

TEST(ClientGoneTest, IsNoticedWithinABody) {
  std::promise<Reason> abandoned;
  TestServer server([&](HttpExchange& exchange) {
    Script::run(
        exchange,
        [](HttpExchange& now) {
          std::array<std::byte, 10> part;
          while (!now.readRequestBody(part).wouldBlock()) {
          }
          now.waitFor(kWaitRequestBody);
        },
        [&](Reason reason) { abandoned.set_value(reason); });
  });
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
  client.close();
  EXPECT_EQ(await(abandoned.get_future()), Reason::clientGone);
}

TEST(ClientGoneTest, AHalfWrittenHeadIsReportedAndForgotten) {
  TestServer server([](HttpExchange& exchange) { exchange.finish(); });
  {
    HttpClient client(server.port());
    client.send("GET / HTT");
  }
  const Report report = server.reports(1)[0];
  EXPECT_TRUE(report.refused);
  EXPECT_EQ(report.reason, Reason::clientGone);
  EXPECT_EQ(report.sent, 0u);
}

TEST(ClientGoneTest, AClientThatEndedItsSideStillGetsWhatIsAnsweredAtOnce) {
  TestServer server(
      [](HttpExchange& exchange) { exchange.finishWith(std::string(1'000'000, 'x')); });
  HttpClient client(server.port());
  client.send(kGet);
  client.finishSending();
  const auto response = client.read();
  EXPECT_TRUE(response.complete);
  EXPECT_EQ(response.body.size(), 1'000'000u);
  EXPECT_TRUE(client.isClosed());
}

TEST(ReentrancyTest, ACallToAnExchangeNeverCallsItsListener) {
  std::atomic<bool> inside = false;
  std::atomic<int> calls = 0;
  TestServer server([&](HttpExchange& exchange) {
    exchange.attach<Script>(
        exchange,
        [&](HttpExchange& now) {
          EXPECT_FALSE(inside);
          ++calls;
          inside = true;
          // All of this is true at once, yet nothing may be told before this call returns.
          now.waitFor(kWaitRequestBody | kWaitResponseRoom | kWaitTime);
          now.flush();
          write(now, "x");
          now.flush();
          if (calls == 5) now.finish();
          inside = false;
        },
        nullptr);
    exchange.setListener(static_cast<Script*>(exchange.attachment()));
    inside = true;
    exchange.waitFor(kWaitResponseRoom);
    inside = false;
  });
  HttpClient client(server.port());
  EXPECT_EQ(client.ask(kGet).body, "xxxxx");
}

TEST(ReentrancyTest, FailInsideOnReadyEndsTheExchangeOnce) {
  std::atomic<int> readies = 0;
  TestServer server([&](HttpExchange& exchange) {
    Script::run(exchange, [&](HttpExchange& now) {
      if (++readies == 1) {
        now.waitFor(kWaitResponseRoom);
        return;
      }
      now.fail(Reason::guestTrap);
      // None of these may do anything any more.
      now.fail(Reason::cpuLimit);
      write(now, "late");
      now.finish();
      now.waitFor(kWaitResponseRoom);
    });
  });
  HttpClient client(server.port());
  EXPECT_EQ(client.ask(kGet).field("skiff-reason"), "guest_trap");
  EXPECT_EQ(client.ask(kGet).field("skiff-reason"), "guest_trap");
  EXPECT_EQ(server.reports(2).size(), 2u);
}

TEST(ReentrancyTest, AnAbandonedListenerMayCallWhateverItLikes) {
  std::promise<void> abandoned;
  TestServer server([&](HttpExchange& exchange) {
    Script::run(exchange, waitLong, [&](Reason) {
      exchange.fail(Reason::guestTrap);
      exchange.finish();
      EXPECT_EQ(exchange.writeResponseBody({}), 0u);
      std::array<std::byte, 1> one;
      EXPECT_TRUE(exchange.readRequestBody(one).wouldBlock());
      exchange.waitFor(kWaitRequestBody);
      exchange.setListener(nullptr);
      abandoned.set_value();
    });
  });
  {
    HttpClient client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
    // Only once the exchange is there: before, this would be a cut head.
    client.send("12345");
  }
  await(abandoned.get_future());
  EXPECT_EQ(server.reports(1)[0].reason, Reason::clientGone);
}

TEST(AFailureOfOurs, EndsTheConnectionAndTheHandlerIsTold) {
  TestServer server([&](HttpExchange& exchange) {
    Script::run(exchange, waitLong, [](Reason) { throw std::runtime_error("a bug"); });
  });
  for (std::size_t i = 1; i <= 2; ++i) {
    HttpClient client(server.port());
    client.send(kGet);
    client.finishSending();
    EXPECT_TRUE(client.isClosed());
    EXPECT_EQ(server.reports(i).back().reason, Reason::overloaded);
  }
  drain(server);
  server.awaitDrained();
  EXPECT_EQ(server.inServer([&] { return server.frontEnd().exchanges(); }), 0u);
}

TEST(AFailureOfOurs, IsAnsweredWithoutDetailsWhereThatIsPossible) {
  TestServer server([&](HttpExchange& exchange) {
    if (exchange.request().target == "/late") {
      write(exchange, "part");
      exchange.flush();
    }
    exchange.failUnexpectedly();
  });
  HttpClient client(server.port());
  const auto response = client.ask(kGet);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.field("skiff-reason"), "overloaded");
  client.send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(server.reports(2)[1].reason, Reason::overloaded);
}

TEST(ReentrancyTest, TheGuestRunsWhileTheClientGoesAway) {
  std::atomic<bool> finished = false;
  std::promise<void> go;
  auto gone = go.get_future().share();
  TestServer server([&](HttpExchange& exchange) {
    gone.wait();
    // The client's close is in the socket; nobody has looked yet.
    for (int i = 0; i < 100; ++i) {
      write(exchange, std::string(10'000, 'x'));
    }
    exchange.finish();
    finished = true;
  });
  HttpClient client(server.port());
  client.send(kGet);
  client.reset();
  go.set_value();
  server.reports(1);
  EXPECT_TRUE(finished);
}

/// A guest that waits for its turn, and gives that up when its client leaves.
class Queued final : public Attachment, public ExchangeListener {
 public:
  explicit Queued(HttpExchange& exchange) : exchange_(exchange) {}
  void onReady() override {}
  void onAbandoned(Reason) override {}
  void onClientGone() override {
    exchange_.thaw();
    exchange_.endWork();
  }

 private:
  HttpExchange& exchange_;
};

TEST(ReentrancyTest, WorkMayEndWhenItsClientLeaves) {
  for (const bool byReset : {false, true}) {
    std::promise<HttpExchange*> begun;
    TestServer server([&](HttpExchange& exchange) {
      exchange.setListener(&exchange.attach<Queued>(exchange));
      waitLong(exchange);
      begun.set_value(&exchange);
    });
    HttpClient client(server.port());
    client.send(kGet);
    HttpExchange* const exchange = await(begun.get_future());
    server.inServer([&] {
      exchange->beginWork();
      exchange->freeze();
    });
    byReset ? client.reset() : client.close();
    EXPECT_EQ(server.reports(1)[0].reason, Reason::clientGone);
  }
}

TEST(ReentrancyTest, AnExchangeMayBeFinishedFromAnotherEvent) {
  std::promise<HttpExchange*> started;
  TestServer server([&](HttpExchange& exchange) { started.set_value(&exchange); });
  HttpClient client(server.port());
  client.send(kGet);
  HttpExchange* exchange = await(started.get_future());
  server.inServer([&] { exchange->finishWith("later"); });
  EXPECT_EQ(client.read().body, "later");
}

TEST(DrainTest, ClosesIdleConnectionsAndLetsTheOthersFinish) {
  std::promise<HttpExchange*> started;
  TestServer server([&](HttpExchange& exchange) {
    if (exchange.request().target == "/slow") {
      started.set_value(&exchange);
    } else {
      exchange.finish();
    }
  });
  HttpClient idle(server.port());
  EXPECT_EQ(idle.ask(kGet).status, 200);
  HttpClient busy(server.port());
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  HttpExchange* exchange = await(started.get_future());
  EXPECT_EQ(server.inServer([&] { return server.frontEnd().connections(); }), 2u);
  EXPECT_EQ(server.inServer([&] { return server.frontEnd().exchanges(); }), 1u);

  drain(server);
  EXPECT_TRUE(idle.isClosed());
  EXPECT_THROW(HttpClient refused(server.port()), std::runtime_error);
  server.inServer([&] { exchange->finishWith("done"); });
  const auto response = busy.read();
  EXPECT_EQ(response.body, "done");
  EXPECT_EQ(response.field("connection"), "close");
  server.awaitDrained();
  EXPECT_EQ(server.inServer([&] { return server.frontEnd().connections(); }), 0u);
}

TEST(DrainTest, TheNextAnswerOfAnIdleConnectionSaysThatItIsTheLast) {
  HttpLimits limits;
  limits.partingTimeout = std::chrono::milliseconds(60'000);
  TestServer server([](HttpExchange& exchange) { exchange.finish(); }, limits);
  HttpClient used(server.port());
  EXPECT_EQ(used.ask(kGet).field("connection"), "");
  HttpClient unused(server.port());
  drain(server);
  for (HttpClient* client : {&used, &unused}) {
    const auto response = client->ask(kGet);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("connection"), "close");
    EXPECT_TRUE(client->isClosed());
  }
  server.awaitDrained();
}

TEST(DrainTest, WithoutTimeForThemIdleConnectionsAreClosedAtOnce) {
  HttpLimits limits;
  limits.partingTimeout = std::chrono::milliseconds(0);
  TestServer server([](HttpExchange& exchange) { exchange.finish(); }, limits);
  HttpClient idle(server.port());
  EXPECT_EQ(idle.ask(kGet).status, 200);
  drain(server);
  server.awaitDrained();
  EXPECT_TRUE(idle.isClosed());
}

TEST(DrainTest, WhoHadConnectedBeforeItBeganIsServed) {
  TestServer server([](HttpExchange& exchange) { exchange.finish(); });
  std::vector<std::unique_ptr<HttpClient>> clients;
  server.inServer([&] {
    // The server's thread is here, so nobody accepts them.
    for (int i = 0; i < 40; ++i) clients.push_back(std::make_unique<HttpClient>(server.port()));
    server.frontEnd().drain(nullptr);
  });
  for (const auto& client : clients) EXPECT_EQ(client->ask(kGet).status, 200);
}

TEST(DrainTest, AtTheDeadlineWhatIsLeftIsAnsweredAndEnded) {
  Sleeper sleeper;
  TestServer server(sleeper.answer());
  HttpClient client(server.port());
  client.send(kGet);
  await(sleeper.started.get_future());
  drain(server);
  server.inServer([&] { server.frontEnd().abortAll(Reason::drained); });
  EXPECT_EQ(await(sleeper.abandoned.get_future()), Reason::drained);
  const auto response = client.read();
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.field("skiff-reason"), "drained");
  server.awaitDrained();
  EXPECT_EQ(server.reports(1)[0].reason, Reason::drained);
}

TEST(DrainTest, AnEmptyServerIsDrainedAtOnce) {
  TestServer server([](HttpExchange& exchange) { exchange.finish(); });
  drain(server);
  server.awaitDrained();
}

TEST(AcceptTest, GoesOnWhenThereAreDescriptorsAgain) {
  TestServer server([](HttpExchange& exchange) { exchange.finish(); });
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  // One descriptor is left, and the client takes it.
  const int next = dup(0);
  ASSERT_GE(next, 0);
  close(next);
  const rlimit tight{static_cast<rlim_t>(next) + 1, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  HttpClient client(server.port());
  client.send(kGet);
  // The server has tried by now, more than once.
  for (int i = 0; i < 100; ++i) server.inServer([] {});
  EXPECT_EQ(server.inServer([&] { return server.frontEnd().connections(); }), 0u);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(client.read().status, 200);
}

TEST(ListenSocketTest, SaysWhyItCannotListen) {
  const auto unknown = ListenSocket::open({"not an address", 80});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("not an address"));
  const auto elsewhere = ListenSocket::open({"192.0.2.1", 0});
  ASSERT_FALSE(elsewhere);
  EXPECT_THAT(elsewhere.error().message, HasSubstr("192.0.2.1:0"));
}

TEST(ListenSocketTest, ShardsShareAnAddress) {
  auto first = ListenSocket::open({"::1", 0});
  if (!first) GTEST_SKIP() << first.error().message;
  EXPECT_NE(first->address().port, 0);
  auto second = ListenSocket::open(first->address());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->address(), first->address());
}

}  // namespace
}  // namespace skiff
