#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/http/http_client.h"
#include "tests/server/http/test_server.h"

namespace skiff {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

void hello(HttpExchange& exchange) {
  exchange.response().headers.add("Content-Type", "text/plain");
  write(exchange, "hello");
  exchange.finish();
}

void answerTarget(HttpExchange& exchange) {
  write(exchange, exchange.request().target);
  exchange.finish();
}

TEST(ConnectionTest, AnswersInOnePieceWithDateAndLength) {
  TestServer server(hello);
  HttpClient client(server.port());
  client.send(kGet);
  EXPECT_THAT(client.readSome(),
              MatchesRegex("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                           "Date: [A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ [0-9]+ [0-9:]+ GMT\r\n"
                           "Content-Length: 5\r\n\r\nhello"));
}

TEST(ConnectionTest, KeepsTheConnection) {
  TestServer server(answerTarget);
  HttpClient client(server.port());
  for (int i = 0; i < 100; ++i) {
    const std::string target = "/" + std::to_string(i);
    const auto response = client.ask("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_EQ(response.body, target);
    ASSERT_EQ(response.field("connection"), "");
  }
}

TEST(ConnectionTest, ClosesWhenToldTo) {
  TestServer server(hello);
  struct Case {
    std::string_view request;
    std::string_view connection;
    bool closes;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "close", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "close", true},
      {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", "close", true},
      {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", "keep-alive", false},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", false},
  };
  for (const Case& one : cases) {
    HttpClient client(server.port());
    const auto response = client.ask(one.request);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.field("connection"), one.connection);
    if (one.closes) {
      EXPECT_TRUE(client.isClosed()) << one.request;
    } else {
      EXPECT_EQ(client.ask(kGet).status, 200) << one.request;
    }
  }
}

TEST(ConnectionTest, AnswersPipelinedRequestsInOrder) {
  TestServer server(answerTarget);
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  HttpClient client(server.port());
  std::thread sender([&] { client.send(requests); });
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.read().body, "/" + std::to_string(i));
  sender.join();
}

TEST(ConnectionTest, ReadsPipelinedRequestsByteByByte) {
  TestServer server(echo);
  HttpClient client(server.port());
  const std::string requests =
      "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
      "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char byte : requests) ASSERT_TRUE(client.send({&byte, 1}));
  EXPECT_EQ(client.read().body, "one");
  EXPECT_EQ(client.read().body, "two");
  EXPECT_EQ(client.read().body, "");
}

TEST(ConnectionTest, APipelinedRequestWaitsForTheAnswerBeforeIt) {
  std::promise<HttpExchange*> first;
  TestServer server([&](HttpExchange& exchange) {
    if (exchange.request().target == "/slow") {
      first.set_value(&exchange);
    } else {
      answerTarget(exchange);
    }
  });
  HttpClient client(server.port());
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /fast HTTP/1.1\r\nHost: a\r\n\r\n");
  HttpExchange* exchange = await(first.get_future());
  server.inServer([&] { answerTarget(*exchange); });
  EXPECT_EQ(client.read().body, "/slow");
  EXPECT_EQ(client.read().body, "/fast");
}

TEST(ConnectionTest, ToHeadSendsTheHeadThatGetWouldHaveHad) {
  TestServer server(hello);
  HttpClient client(server.port());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto response = client.read(HttpClient::To::head);
  EXPECT_EQ(response.field("content-length"), "5");
  EXPECT_EQ(client.ask(kGet).body, "hello") << "no body came in between";
}

TEST(ConnectionTest, SendsNoBodyWhereTheStatusHasNone) {
  TestServer server([](HttpExchange& exchange) {
    exchange.response().status = exchange.request().target == "/204" ? 204 : 304;
    write(exchange, "should not be sent");
    exchange.finish();
  });
  HttpClient client(server.port());
  for (const std::string target : {"/204", "/304"}) {
    const auto response = client.ask("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ("/" + std::to_string(response.status), target);
    EXPECT_EQ(response.field("content-length"), "");
    EXPECT_EQ(response.field("transfer-encoding"), "");
  }
}

TEST(ConnectionTest, TellsAHandlerWhatTheRequestWas) {
  std::promise<std::string> seen;
  TestServer server([&](HttpExchange& exchange) {
    exchange.setMatchedRoute(std::string("a.b/*"));
    std::string text;
    const RequestHead& head = exchange.request();
    text.append(head.method).append(" ").append(head.target).append(" ").append(head.host);
    text.append(" ").append(exchange.matchedRoute());
    text.append(" ").append(std::to_string(exchange.requestBodyLength().value()));
    text.append(" ").append(exchange.sourceAddress().substr(0, 10));
    text.append(exchange.serverAddress() == "127.0.0.1:" + std::to_string(server.port())
                    ? " ok"
                    : " wrong");
    seen.set_value(text);
    exchange.finish();
  });
  HttpClient client(server.port());
  client.ask("PUT /p?q HTTP/1.1\r\nHost: A.b:99\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(await(seen.get_future()), "PUT /p?q a.b a.b/* 0 127.0.0.1: ok");
}

TEST(ConnectionTest, ReportsEachRequestOnceWithItsBytes) {
  TestServer server(echo);
  HttpClient client(server.port());
  const std::string request = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  client.send(request);
  const std::string answer = client.readSome();
  client.ask(kGet);
  const auto reports = server.reports(2);
  EXPECT_EQ(reports[0].target, "/x");
  EXPECT_EQ(reports[0].status, 200);
  EXPECT_EQ(reports[0].reason, Reason::none);
  EXPECT_EQ(reports[0].received, request.size());
  EXPECT_EQ(reports[0].sent, answer.size());
  EXPECT_EQ(reports[0].requestId.size(), 32u);
  EXPECT_NE(reports[0].requestId, reports[1].requestId);
}

TEST(ConnectionTest, AFailuresStackIsInTheProblemAndBounded) {
  TestServer server([](HttpExchange& exchange) {
    std::vector<std::string> stack{"at \"main\" (shop.c:3)"};
    for (int i = 0; i < 100; ++i) stack.emplace_back(240, '\\');
    exchange.fail(Reason::guestTrap, "it trapped", stack);
  });
  HttpClient client(server.port());
  const auto response = client.ask(kGet);
  EXPECT_EQ(response.status, 502);
  EXPECT_THAT(response.body, HasSubstr(R"("detail":"it trapped")"));
  EXPECT_THAT(response.body, HasSubstr(R"x("stack":["at \"main\" (shop.c:3)",)x"));
  EXPECT_LT(response.body.size(), 8'192u);
}

TEST(ConnectionTest, AFailureBeforeTheAnswerIsAProblemAndKeepsTheConnection) {
  TestServer server([](HttpExchange& exchange) {
    write(exchange, "half an answer");
    exchange.response().headers.add("X-Secret", "of the guest");
    exchange.fail(Reason::guestTrap, "it trapped");
  });
  HttpClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    const auto response = client.ask(kGet);
    EXPECT_EQ(response.status, 502);
    EXPECT_EQ(response.field("skiff-reason"), "guest_trap");
    EXPECT_EQ(response.field("content-type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr(R"("reason":"guest_trap")"));
    EXPECT_THAT(response.body, HasSubstr(server.reports(i + 1)[i].requestId));
    EXPECT_THAT(response.head + response.body, Not(HasSubstr("Secret")));
    EXPECT_THAT(response.body, Not(HasSubstr("half")));
  }
  EXPECT_EQ(server.reports(1)[0].reason, Reason::guestTrap);
}

TEST(ConnectionTest, AFailureAfterTheHeadCutsTheConnection) {
  struct Case {
    std::string_view request;
    std::string_view announced;
  };
  const Case cases[] = {{kGet, ""}, {kGet, "100"}, {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", ""}};
  for (const Case& one : cases) {
    std::promise<HttpExchange*> started;
    TestServer server([&](HttpExchange& exchange) {
      if (!one.announced.empty()) exchange.response().headers.add("Content-Length", one.announced);
      write(exchange, "half");
      exchange.flush();
      started.set_value(&exchange);
    });
    HttpClient client(server.port());
    client.send(one.request);
    HttpExchange* exchange = await(started.get_future());
    EXPECT_THAT(client.readSome(), HasSubstr("half"));
    server.inServer([&] { exchange->fail(Reason::cpuLimit); });
    EXPECT_EQ(client.readToEnd(), "");
    EXPECT_TRUE(client.wasReset());
    const Report report = server.reports(1)[0];
    EXPECT_EQ(report.reason, Reason::cpuLimit);
    EXPECT_EQ(report.status, 200);
  }
}

TEST(ConnectionTest, AnAnswerThatCannotBeSentIsABadResponse) {
  struct Case {
    std::string_view name;
    TestServer::Answer answer;
  };
  const Case cases[] = {
      {"split header",
       [](HttpExchange& exchange) {
         exchange.response().headers.add("X", "a\r\nY: b");
         exchange.finish();
       }},
      {"interim status",
       [](HttpExchange& exchange) {
         exchange.response().status = 101;
         exchange.finish();
       }},
      {"head without end",
       [](HttpExchange& exchange) {
         exchange.response().headers.add("X", std::string(100'000, 'x'));
         exchange.finish();
       }},
      {"longer than announced",
       [](HttpExchange& exchange) {
         exchange.response().headers.add("Content-Length", "3");
         write(exchange, "hello");
         exchange.flush();
         exchange.finish();
       }},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    TestServer server(one.answer);
    HttpClient client(server.port());
    const auto response = client.ask(kGet);
    EXPECT_EQ(response.status, 502);
    EXPECT_EQ(response.field("skiff-reason"), "bad_response");
    EXPECT_EQ(server.reports(1)[0].reason, Reason::badResponse);
  }
}

TEST(ConnectionTest, AnAnswerShorterOrLongerThanItsLengthIsNeverTakenForComplete) {
  for (const std::string body : {"four", "longer than"}) {
    TestServer server([&](HttpExchange& exchange) {
      exchange.response().headers.add("Content-Length", "8");
      write(exchange, "abc");
      exchange.flush();
      write(exchange, body);
      exchange.finish();
    });
    HttpClient client(server.port());
    EXPECT_FALSE(client.ask(kGet).complete);
    EXPECT_EQ(server.reports(1)[0].reason, Reason::badResponse);
  }
}

TEST(ConnectionTest, AHandlerThatThrowsEndsItsRequestOnly) {
  TestServer server([](HttpExchange& exchange) {
    if (exchange.request().target == "/throw") throw std::runtime_error("a secret");
    hello(exchange);
  });
  HttpClient client(server.port());
  const auto response = client.ask("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, Not(HasSubstr("secret")));
  HttpClient other(server.port());
  EXPECT_EQ(other.ask(kGet).status, 200);
}

}  // namespace
}  // namespace skiff
