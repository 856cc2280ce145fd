#include "server/origin/origin_connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "tests/server/origin/origin_client.h"
#include "tests/server/origin/scripted_origin.h"

namespace skiff {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

void answerOk(Peer& peer) {
  peer.readHead();
  peer.send(kOk);
}

void runAndExpectOk(OriginClient& client, ClientCall& call) {
  ASSERT_TRUE(client.run(call));
  ASSERT_TRUE(call.ended) << call.call().error();
  EXPECT_EQ(call.call().status(), 200);
  EXPECT_EQ(call.body, "ok");
}

TEST(OriginCall, SendsTheHeadAsGivenAndReadsTheAnswer) {
  std::string head;
  ScriptedOrigin origin({[&head](Peer& peer) {
    head = peer.readHead();
    peer.send("HTTP/1.1 203 Hm\r\nX-From: origin\r\nContent-Length: 5\r\n\r\nhello");
    peer.waitForClose();
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.headers.add("X-One", "1");
  call.headers.add("Host", "app.example");
  call.headers.add("Connection", "close");
  call.headers.add("Expect", "100-continue");
  call.start("GET", "/path?q=1");
  ASSERT_TRUE(client.run(call));
  EXPECT_EQ(call.call().status(), 203);
  EXPECT_EQ(call.body, "hello");
  ASSERT_NE(call.call().headers().find("x-from"), nullptr);
  EXPECT_EQ(*call.call().headers().find("x-from"), "origin");
  call.drop();
  client.closeConnector();
  EXPECT_EQ(origin.finish(), "");
  EXPECT_EQ(head, "GET /path?q=1 HTTP/1.1\r\nX-One: 1\r\nHost: app.example\r\n\r\n");
}

TEST(OriginCall, LeavesFramingOutHoweverItIsSpelled) {
  std::string head;
  ScriptedOrigin origin({[&head](Peer& peer) {
    head = peer.readHead();
    peer.send(kOk);
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.headers.add("Host", "app.example");
  for (const char* name : {"CONTENT-LENGTH", "content_length", "Transfer-Encoding",
                           "transfer_encoding", "Connection", "Upgrade", "TE", "Trailer"}) {
    call.headers.add(name, "5");
  }
  call.headers.add("X_Y", "1");
  call.start("GET");
  runAndExpectOk(client, call);
  EXPECT_EQ(origin.finish(), "");
  EXPECT_EQ(head, "GET / HTTP/1.1\r\nHost: app.example\r\nX_Y: 1\r\n\r\n");
}

TEST(OriginCall, RefusesASecondHost) {
  OriginClient client("http://127.0.0.1:1");
  ClientCall call(client.connector());
  call.headers.add("Host", "a");
  call.headers.add("host", "a");
  call.start("GET");
  ASSERT_TRUE(call.failed());
  EXPECT_THAT(call.call().error(), HasSubstr("more than one Host"));
}

TEST(OriginCall, NamesTheOriginAsHostWhenTheHeadersNameNone) {
  std::string head;
  ScriptedOrigin origin({[&head](Peer& peer) {
    head = peer.readHead();
    peer.send(kOk);
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.start("GET");
  runAndExpectOk(client, call);
  EXPECT_EQ(origin.finish(), "");
  EXPECT_EQ(head,
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(origin.port()) + "\r\n\r\n");
}

TEST(OriginCall, ReusesTheConnectionForOneCallAfterAnother) {
  ScriptedOrigin origin({[](Peer& peer) {
    for (int i = 0; i < 3; ++i) answerOk(peer);
    peer.waitForClose();
  }});
  OriginClient client(origin.url());
  for (int i = 0; i < 3; ++i) {
    ClientCall call(client.connector());
    call.start("GET");
    runAndExpectOk(client, call);
  }
  const OriginCounts counts = client.connector().counts();
  EXPECT_EQ(counts.open, 1u);
  EXPECT_EQ(counts.idle, 1u);
  EXPECT_EQ(counts.opened, 1u);
  EXPECT_EQ(counts.reused, 2u);
  EXPECT_EQ(counts.failed, 0u);
  client.closeConnector();
  EXPECT_EQ(origin.finish(), "");
  EXPECT_EQ(origin.connections(), 1);
}

TEST(OriginCall, ResolvesANameAndTriesItsAddresses) {
  ScriptedOrigin origin({answerOk});
  OriginClient client("http://localhost:" + std::to_string(origin.port()));
  ClientCall call(client.connector());
  call.start("GET");
  runAndExpectOk(client, call);
}

TEST(OriginCall, FailsClearlyWhenTheOriginCannotBeReached) {
  std::uint16_t port = 0;
  {
    const ScriptedOrigin gone({});
    port = gone.port();
  }
  OriginClient client("http://127.0.0.1:" + std::to_string(port));
  ClientCall call(client.connector());
  call.start("GET");
  ASSERT_TRUE(client.run(call));
  EXPECT_EQ(call.call().error(),
            "origin 127.0.0.1:" + std::to_string(port) + ": cannot connect: Connection refused");
  EXPECT_EQ(client.connector().counts().failed, 1u);
  EXPECT_EQ(client.connector().counts().open, 0u);
}

TEST(OriginCall, RefusesWhatCannotBeSentAsItIs) {
  struct Case {
    std::string name, method, target, field, value, error;
  };
  for (const Case& bad : {Case{"method", "GE T", "/", "A", "b", "method"},
                          Case{"connect", "CONNECT", "/", "A", "b", "CONNECT"},
                          Case{"target", "GET", "/a b", "A", "b", "target"},
                          Case{"target_line", "GET", "/ HTTP/1.1\r\nX: y", "A", "b", "target"},
                          Case{"target_form", "GET", "http://a/", "A", "b", "target"},
                          Case{"target_fragment", "GET", "/a#b", "A", "b", "target"},
                          Case{"target_backslash", "GET", "/a\\b", "A", "b", "target"},
                          Case{"target_letter", "GET", "/\xc3\xa4", "A", "b", "target"},
                          Case{"target_star", "GET", "*", "A", "b", "target"},
                          Case{"host_list", "GET", "/", "Host", "a, b", "not a host"},
                          Case{"host_path", "GET", "/", "Host", "a/b", "not a host"},
                          Case{"host_user", "GET", "/", "Host", "u@a", "not a host"},
                          Case{"field_name", "GET", "/", "A b", "c", "header field"},
                          Case{"field_value", "GET", "/", "A", "b\r\nC: d", "header field"}}) {
    OriginClient client("http://127.0.0.1:1");
    ClientCall call(client.connector());
    call.headers.add(bad.field, bad.value);
    call.start(bad.method, bad.target);
    ASSERT_TRUE(client.runUntil([&call] { return call.events > 0; })) << bad.name;
    EXPECT_TRUE(call.failed());
    EXPECT_THAT(std::string(call.call().error()), HasSubstr(bad.error)) << bad.name;
    EXPECT_EQ(client.connector().counts().opened, 0u) << bad.name;
  }
}

struct Answer {
  std::string name;
  std::string bytes;
  std::string body;
  std::string method = "GET";
  bool close = false;
};

class Answers : public testing::TestWithParam<Answer> {};

TEST_P(Answers, ArriveWholeAlsoWhenTheyTrickle) {
  const Answer& answer = GetParam();
  ScriptedOrigin origin({[&answer](Peer& peer) {
    peer.readHead();
    peer.trickle(answer.bytes);
    if (!answer.close) {
      EXPECT_TRUE(peer.waitForClose());
    }
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.start(answer.method);
  ASSERT_TRUE(client.run(call));
  EXPECT_TRUE(call.ended) << call.call().error();
  EXPECT_EQ(call.body, answer.body);
  EXPECT_EQ(client.connector().counts().idle, answer.close ? 0u : 1u);
  client.closeConnector();
  EXPECT_EQ(origin.finish(), "");
}

INSTANTIATE_TEST_SUITE_P(
    OriginCall, Answers,
    testing::Values(
        Answer{"length", "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello there", "hello there"},
        Answer{"chunked",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n"
               "X-T: 1\r\n\r\n",
               "hello!"},
        Answer{"until_close", "HTTP/1.1 200 OK\r\n\r\nhello there", "hello there", "GET", true},
        Answer{"after_interim",
               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"},
        Answer{"head", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "", "HEAD"},
        Answer{"no_content", "HTTP/1.1 204 No Content\r\n\r\n", ""},
        Answer{"not_modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", ""}),
    [](const auto& tested) { return tested.param.name; });

struct Failure {
  std::string name;
  std::string bytes;
  bool reset;
  std::string error;
};

class Failures : public testing::TestWithParam<Failure> {};

TEST_P(Failures, EndTheCallWithThePreciseReasonAndCloseTheConnection) {
  const Failure& failure = GetParam();
  std::promise<void> seen;
  ScriptedOrigin origin({[&failure, &seen](Peer& peer) {
    peer.readHead();
    peer.send(failure.bytes);
    if (failure.reset) {
      seen.get_future().wait();
      peer.reset();
    }
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.start("GET");
  if (failure.reset) {
    ASSERT_TRUE(client.runUntil([&call] { return call.hasHead(); }));
    seen.set_value();
  }
  ASSERT_TRUE(client.run(call));
  ASSERT_TRUE(call.failed());
  EXPECT_THAT(std::string(call.call().error()), StartsWith("origin 127.0.0.1:"));
  EXPECT_THAT(std::string(call.call().error()), HasSubstr(failure.error));
  EXPECT_EQ(client.connector().counts().failed, 1u);
  EXPECT_EQ(client.connector().counts().open, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    OriginCall, Failures,
    testing::Values(
        Failure{"reset_in_body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true,
                "broke inside the answer's body: Connection reset"},
        Failure{"close_in_body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false,
                "closed the connection inside the answer's body"},
        Failure{"close_in_head", "HTTP/1.1 200 OK\r\nConte", false, "inside the answer's head"},
        Failure{"close_at_once", "", false, "without an answer"},
        Failure{"garbage", "what is this\r\n\r\n", false, "not valid HTTP/1.1"},
        Failure{"long_head", "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'a'), false,
                "head is longer than 64KiB"},
        Failure{"ambiguous",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", false,
                "Transfer-Encoding"}),
    [](const auto& tested) { return tested.param.name; });

TEST(OriginCall, DoesNotKeepAConnectionThatSaysMoreThanItWasAsked) {
  ScriptedOrigin origin({[](Peer& peer) {
                           peer.readHead();
                           peer.send(std::string(kOk) + std::string(kOk));
                           EXPECT_TRUE(peer.waitForClose());
                         },
                         answerOk});
  OriginClient client(origin.url());
  for (int i = 0; i < 2; ++i) {
    ClientCall call(client.connector());
    call.start("GET");
    runAndExpectOk(client, call);
  }
  EXPECT_EQ(client.connector().counts().opened, 2u);
  EXPECT_EQ(client.connector().counts().reused, 0u);
}

TEST(OriginConnector, FollowsNoNameToAPrivateAddressUnlessItMay) {
  ScriptedOrigin origin({answerOk, answerOk});
  OriginOptions options;
  options.privateNames = false;
  // What resolvers take for an address, but is none as it is written.
  const std::string named = "http://127.1:" + std::to_string(origin.port());
  OriginClient refused(named, options);
  ClientCall call(refused.connector());
  call.start("GET");
  ASSERT_TRUE(refused.run(call));
  ASSERT_TRUE(call.failed());
  EXPECT_THAT(std::string(call.call().error()), HasSubstr("on a network that is not public"));
  EXPECT_EQ(refused.connector().counts().opened, 0u);

  OriginClient trusted(named);
  ClientCall other(trusted.connector());
  other.start("GET");
  runAndExpectOk(trusted, other);
  trusted.closeConnector();
  OriginClient literal(origin.url(), options);
  ClientCall third(literal.connector());
  third.start("GET");
  runAndExpectOk(literal, third);
}

TEST(OriginConnector, NoticesThatAnIdleConnectionWasClosed) {
  ScriptedOrigin origin({answerOk, answerOk});
  OriginClient client(origin.url());
  ClientCall first(client.connector());
  first.start("GET");
  runAndExpectOk(client, first);
  ASSERT_TRUE(client.runUntil([&client] { return client.connector().counts().open == 0; }));
  ClientCall second(client.connector());
  second.start("POST");
  runAndExpectOk(client, second);
  EXPECT_EQ(client.connector().counts().reused, 0u);
}

/// A connection that closes when it gets its second request, as one does that idled too long.
void closeOnSecond(Peer& peer) {
  answerOk(peer);
  peer.readHead();
}

TEST(OriginConnector, RepeatsAnIdempotentRequestThatMetAStaleConnection) {
  std::string head;
  ScriptedOrigin origin({closeOnSecond, [&head](Peer& peer) {
                           head = peer.readHead();
                           EXPECT_EQ(peer.readExactly(5), "hello");
                           peer.send(kOk);
                         }});
  OriginClient client(origin.url());
  ClientCall first(client.connector());
  first.start("GET");
  runAndExpectOk(client, first);
  ClientCall second(client.connector());
  second.headers.add("X-Same", "yes");
  second.start("PUT", "/again", 5);
  second.upload("hello");
  runAndExpectOk(client, second);
  EXPECT_THAT(head, StartsWith("PUT /again HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Same: yes\r\n"));
  EXPECT_EQ(client.connector().counts().reused, 1u);
  EXPECT_EQ(client.connector().counts().failed, 0u);
  EXPECT_EQ(origin.finish(), "");
}

TEST(OriginConnector, RepeatsAPostOfWhichNoBodyByteWasSent) {
  ScriptedOrigin origin({closeOnSecond, [](Peer& peer) {
                           peer.readHead();
                           EXPECT_EQ(peer.readChunkedBody(), "late");
                           peer.send(kOk);
                         }});
  OriginClient client(origin.url());
  ClientCall first(client.connector());
  first.start("GET");
  runAndExpectOk(client, first);
  ClientCall second(client.connector());
  second.start("POST", "/", std::nullopt);
  ASSERT_TRUE(client.runUntil([&client] { return client.connector().counts().opened == 2; }));
  second.upload("late");
  runAndExpectOk(client, second);
  EXPECT_EQ(origin.finish(), "");
}

TEST(OriginConnector, DoesNotRepeatAPostThatMayHaveBeenDone) {
  ScriptedOrigin origin({[](Peer& peer) {
                           answerOk(peer);
                           peer.readHead();
                           peer.readExactly(4);
                         },
                         answerOk});
  OriginClient client(origin.url());
  ClientCall first(client.connector());
  first.start("GET");
  runAndExpectOk(client, first);
  ClientCall second(client.connector());
  second.start("POST", "/", 4);
  second.upload("once");
  ASSERT_TRUE(client.run(second));
  EXPECT_TRUE(second.failed());
  EXPECT_EQ(client.connector().counts().opened, 1u);
}

TEST(OriginConnector, RepeatsOnlyOnce) {
  ScriptedOrigin origin({closeOnSecond, [](Peer& peer) { peer.readHead(); }, answerOk});
  OriginClient client(origin.url());
  ClientCall first(client.connector());
  first.start("GET");
  runAndExpectOk(client, first);
  ClientCall second(client.connector());
  second.start("GET");
  ASSERT_TRUE(client.run(second));
  EXPECT_THAT(std::string(second.call().error()), HasSubstr("without an answer"));
  EXPECT_EQ(client.connector().counts().opened, 2u);
}

TEST(OriginConnector, KeepsNoMoreConnectionsThanItMay) {
  const auto script = [](Peer& peer) {
    answerOk(peer);
    EXPECT_TRUE(peer.waitForClose());
  };
  ScriptedOrigin origin({script, script, script});
  OriginOptions options;
  options.maxIdle = 2;
  OriginClient client(origin.url(), options);
  std::vector<std::unique_ptr<ClientCall>> calls;
  for (int i = 0; i < 3; ++i) {
    calls.push_back(std::make_unique<ClientCall>(client.connector()));
    calls.back()->start("GET");
  }
  for (const auto& call : calls) runAndExpectOk(client, *call);
  EXPECT_EQ(client.connector().counts().idle, 2u);
  EXPECT_EQ(client.connector().counts().open, 2u);
  client.closeConnector();
  EXPECT_EQ(origin.finish(), "");
}

TEST(OriginConnector, ClosesConnectionsThatStayIdleTooLong) {
  ScriptedOrigin origin({[](Peer& peer) {
    answerOk(peer);
    EXPECT_TRUE(peer.waitForClose());
  }});
  OriginOptions options;
  options.idleTimeout = std::chrono::milliseconds(20);
  OriginClient client(origin.url(), options);
  ClientCall call(client.connector());
  call.start("GET");
  runAndExpectOk(client, call);
  EXPECT_TRUE(client.runUntil([&client] { return client.connector().counts().open == 0; }));
  EXPECT_EQ(client.connector().counts().idle, 0u);
  EXPECT_EQ(origin.finish(), "");
}

}  // namespace
}  // namespace skiff
