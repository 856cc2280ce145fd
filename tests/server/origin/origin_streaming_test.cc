#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

#include "tests/server/origin/origin_client.h"
#include "tests/server/origin/scripted_origin.h"

namespace skiff {
namespace {

using testing::HasSubstr;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::size_t kUpload = 16 * 1024 * 1024;

/// Bytes that show what was lost, doubled or moved.
std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

TEST(OriginStreaming, ABodyThatNobodyReadsHoldsTheOriginUpAndThenArrivesWhole) {
  constexpr std::size_t kSize = 48 * 1024 * 1024;
  const std::string body = pattern(kSize);
  std::atomic<std::size_t> sentAtStall{0};
  std::promise<void> stalled;
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    sentAtStall = peer.sendUntilStalled(body);
    stalled.set_value();
    peer.send(std::string_view(body).substr(sentAtStall));
    peer.waitForClose();
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.reads = false;
  call.start("GET");
  const auto isStalled = stalled.get_future();
  ASSERT_TRUE(client.runUntil(
      [&] { return isStalled.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
  // What went out is in the sockets' buffers; a client without back-pressure would take all.
  EXPECT_LT(sentAtStall, kSize / 2);
  call.reads = true;
  call.pump();
  ASSERT_TRUE(client.run(call));
  EXPECT_TRUE(call.ended) << call.call().error();
  EXPECT_TRUE(call.body == body);
  client.closeConnector();
  EXPECT_EQ(origin.finish(), "");
}

TEST(OriginStreaming, ATinyBufferOnlyMakesItSlower) {
  const std::string body = pattern(300'000);
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    EXPECT_TRUE(peer.readChunkedBody() == body);
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    peer.send(body);
  }});
  OriginOptions options;
  options.buffer = 1_KiB;
  OriginClient client(origin.url(), options);
  ClientCall call(client.connector());
  call.start("PUT", "/", std::nullopt);
  call.upload(body);
  ASSERT_TRUE(client.run(call));
  EXPECT_TRUE(call.body == body);
  EXPECT_EQ(origin.finish(), "");
}

class Uploads : public testing::TestWithParam<bool> {};

TEST_P(Uploads, OfSixteenMebibytesArriveWhole) {
  const bool chunked = GetParam();
  const std::string body = pattern(kUpload);
  ScriptedOrigin origin({[&](Peer& peer) {
    const std::string head = peer.readHead();
    EXPECT_THAT(head, HasSubstr(chunked ? "\r\nTransfer-Encoding: chunked\r\n"
                                        : "\r\nContent-Length: 16777216\r\n"));
    const std::string got = chunked ? peer.readChunkedBody() : peer.readExactly(kUpload);
    EXPECT_TRUE(got == body);
    peer.send(kOk);
    peer.waitForClose();
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.start("POST", "/", chunked ? std::nullopt : std::optional<std::uint64_t>(kUpload));
  call.upload(body);
  ASSERT_TRUE(client.run(call));
  EXPECT_EQ(call.body, "ok") << call.call().error();
  EXPECT_EQ(client.connector().counts().idle, 1u);
  client.closeConnector();
  EXPECT_EQ(origin.finish(), "");
}

INSTANTIATE_TEST_SUITE_P(OriginStreaming, Uploads, testing::Bool(),
                         [](const auto& tested) { return tested.param ? "chunked" : "length"; });

TEST(OriginStreaming, AnAnswerMayOvertakeTheNewsThatTheRequestWasSent) {
  std::atomic<bool> asked = false;
  std::promise<void> begin;
  std::promise<void> begun;
  std::promise<void> answered;
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    asked = true;
    begin.get_future().wait();
    peer.send(kOk.substr(0, kOk.size() - 1));
    begun.set_value();
    peer.readExactly(4);
    peer.send(kOk.substr(kOk.size() - 1));
    answered.set_value();
    peer.waitForClose();
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.start("POST", "/", 4);
  ASSERT_TRUE(client.runUntil([&] { return asked.load(); }));
  client.runReady();
  begin.set_value();
  begun.get_future().wait();
  client.runBetween([&] {
    call.upload("body");
    answered.get_future().wait();
  });
  ASSERT_TRUE(client.run(call));
  EXPECT_EQ(call.body, "ok") << call.call().error();
  EXPECT_EQ(client.connector().counts().idle, 1u);
  client.closeConnector();
  EXPECT_EQ(origin.finish(), "");
}

TEST(OriginStreaming, AnOriginThatTakesNothingHoldsTheUploadUp) {
  std::promise<void> held;
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    held.get_future().wait();
    EXPECT_EQ(peer.readChunkedBody().size(), kUpload);
    peer.send(kOk);
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.start("POST", "/", std::nullopt);
  const std::string body = pattern(kUpload);
  std::size_t taken = 0;
  const auto offer = [&] {
    const std::size_t count = call.call().writeBody(std::as_bytes(std::span(body).subspan(taken)));
    taken += count;
    return count;
  };
  // Until nothing is taken any more although the loop has nothing left to do.
  ASSERT_TRUE(client.runUntil([&] {
    client.runReady();
    if (offer() > 0) return false;
    client.runReady();
    return offer() == 0;
  }));
  EXPECT_LT(taken, kUpload);
  held.set_value();
  ASSERT_TRUE(client.runUntil([&] {
    offer();
    return taken == kUpload;
  }));
  call.call().finishBody();
  ASSERT_TRUE(client.run(call));
  EXPECT_EQ(call.body, "ok");
  EXPECT_EQ(origin.finish(), "");
}

TEST(OriginStreaming, AnAnswerMayComeBeforeTheRequestIsComplete) {
  ScriptedOrigin origin({[](Peer& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    // Reads on, so that no reset overtakes the answer.
    while (!peer.waitForClose()) {
    }
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.start("POST", "/", kUpload);
  call.upload(pattern(kUpload));
  ASSERT_TRUE(client.run(call));
  EXPECT_EQ(call.call().status(), 413);
  EXPECT_EQ(call.body, "no");
  EXPECT_TRUE(call.ended);
  EXPECT_EQ(client.connector().counts().open, 0u) << "half a request is still in the connection";
  EXPECT_EQ(origin.finish(), "");
}

TEST(OriginStreaming, AnEarlyAnswerDoesNotStopTheUpload) {
  const std::string body = pattern(1'000'000);
  ScriptedOrigin origin({[&](Peer& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_TRUE(peer.readExactly(body.size()) == body);
    peer.send("2\r\nok\r\n0\r\n\r\n");
    peer.waitForClose();
  }});
  OriginClient client(origin.url());
  ClientCall call(client.connector());
  call.start("POST", "/", body.size());
  ASSERT_TRUE(client.runUntil([&call] { return call.hasHead(); }));
  call.upload(body);
  ASSERT_TRUE(client.run(call));
  EXPECT_EQ(call.body, "ok");
  EXPECT_EQ(client.connector().counts().idle, 1u);
  client.closeConnector();
  EXPECT_EQ(origin.finish(), "");
}

TEST(OriginStreaming, ABodyThatIsNotAsLongAsAnnouncedFailsTheCall) {
  for (const std::string body : {"abc", "abcdef"}) {
    ScriptedOrigin origin({[](Peer& peer) {
      peer.readHead();
      while (!peer.waitForClose()) {
      }
    }});
    OriginClient client(origin.url());
    ClientCall call(client.connector());
    call.start("POST", "/", 5);
    call.upload(body);
    ASSERT_TRUE(client.run(call));
    EXPECT_TRUE(call.failed());
    EXPECT_THAT(std::string(call.call().error()), HasSubstr("announced"));
  }
}

struct Stage {
  std::string name;
  std::string answer;
  std::function<bool(ClientCall&)> reached;
  bool started = true;
  bool upload = false;
};

class Destruction : public testing::TestWithParam<Stage> {};

TEST_P(Destruction, IsSafeAndClosesWhatIsUnderWay) {
  const Stage& stage = GetParam();
  for (const bool connectorFirst : {false, true}) {
    ScriptedOrigin origin({[&stage](Peer& peer) {
      try {
        peer.readHead();
        peer.send(stage.answer);
        while (!peer.waitForClose()) {
        }
      } catch (const std::exception&) {
        // The client may close at any moment: that is what is tried.
      }
    }});
    OriginClient client(origin.url());
    ClientCall call(client.connector());
    call.reads = false;
    if (stage.started) call.start("POST", "/", stage.upload ? kUpload : 0);
    if (stage.upload) call.upload(pattern(kUpload));
    ASSERT_TRUE(client.runUntil([&] { return stage.reached(call); })) << stage.name;
    if (connectorFirst) client.closeConnector();
    call.drop();
    client.runReady();
    const int events = call.events;
    client.runReady();
    EXPECT_EQ(call.events, events) << "an event came after the call was gone";
    if (!connectorFirst) {
      const OriginCounts counts = client.connector().counts();
      EXPECT_EQ(counts.open, counts.idle);
      EXPECT_EQ(counts.failed, 0u);
    }
  }
}

const std::string kHalfBody = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";

INSTANTIATE_TEST_SUITE_P(
    OriginCall, Destruction,
    testing::Values(
        Stage{"before_start", "", [](ClientCall&) { return true; }, false},
        Stage{"while_connecting", "", [](ClientCall&) { return true; }},
        Stage{"while_sending", "", [left = 20](ClientCall&) mutable { return --left % 20 == 0; },
              true, true},
        Stage{"after_the_head", kHalfBody, [](ClientCall& call) { return call.hasHead(); }},
        Stage{"when_complete", std::string(kOk), [](ClientCall& call) { return call.hasHead(); }}),
    [](const auto& tested) { return tested.param.name; });

TEST(OriginCall, MayBeDestroyedByItsOwnEvent) {
  ScriptedOrigin origin({[](Peer& peer) {
    peer.readHead();
    peer.send(kHalfBody);
    peer.waitForClose();
  }});
  OriginClient client(origin.url());
  auto call = std::make_unique<ClientCall>(client.connector());
  bool dropped = false;
  call->onEvent = [&] {
    call->drop();
    dropped = true;
  };
  call->start("GET");
  ASSERT_TRUE(client.runUntil([&dropped] { return dropped; }));
  client.runReady();
  EXPECT_EQ(client.connector().counts().open, 0u);
  EXPECT_EQ(origin.finish(), "");
}

}  // namespace
}  // namespace skiff
