#include "tests/isolate/handler_guest.h"

namespace skiff {
namespace {

using testing::HandlerGuest;
using ::testing::HasSubstr;
using Read = HandlerGuest::Read;

enum Kind { kRequest, kResponse };

class HttpHandlerBody : public ::testing::Test {
 protected:
  http_handler::HandlerState& state() { return guest.context.state<http_handler::HandlerState>(); }

  HandlerGuest guest;
};

TEST_F(HttpHandlerBody, IsReadInPieces) {
  guest.exchange.sendBody("hello world");
  EXPECT_EQ(guest.read(kRequest, 5), (Read{"hello", false}));
  EXPECT_EQ(guest.read(kRequest, 100), (Read{" world", true}));
  EXPECT_EQ(guest.read(kRequest, 100), (Read{"", true}));
}

TEST_F(HttpHandlerBody, FillsTheBufferFromSmallReads) {
  guest.exchange.sendBody("hello world");
  guest.exchange.limitReads(2);
  EXPECT_EQ(guest.read(kRequest, 7), (Read{"hello w", false}));
  EXPECT_EQ(guest.read(kRequest, 4), (Read{"orld", true}));
}

TEST_F(HttpHandlerBody, IsAtItsEndWithoutOne) {
  EXPECT_EQ(guest.read(kRequest), (Read{"", true}));
}

TEST_F(HttpHandlerBody, IsAwaitedUntilSomethingArrives) {
  guest.exchange.expectBody();
  EXPECT_TRUE(guest.waits("read_body", {kRequest, HandlerGuest::kBuffer, 100}));
  EXPECT_EQ(guest.exchange.waits(), kWaitRequestBody);
  // A spurious wake changes nothing.
  EXPECT_TRUE(guest.waits("read_body", {kRequest, HandlerGuest::kBuffer, 100}));
  guest.exchange.arrive("first");
  EXPECT_EQ(guest.read(kRequest), (Read{"first", false}));
  EXPECT_TRUE(guest.waits("read_body", {kRequest, HandlerGuest::kBuffer, 100}));
  guest.exchange.endBody();
  EXPECT_EQ(guest.read(kRequest), (Read{"", true}));
}

TEST_F(HttpHandlerBody, HandsOutWhatIsWrittenBeforeItWaitsForMore) {
  guest.exchange.expectBody();
  guest.run("write_body", {kResponse, "echo"});
  EXPECT_EQ(guest.exchange.flushes(), 0u);
  EXPECT_TRUE(guest.waits("read_body", {kRequest, HandlerGuest::kBuffer, 100}));
  EXPECT_EQ(guest.exchange.flushes(), 1u);
}

TEST_F(HttpHandlerBody, IsReadUpToTheLastByteOfMemory) {
  guest.exchange.sendBody("abc");
  const auto last = static_cast<unsigned>(guest.memory.size()) - 3;
  EXPECT_EQ(guest.value("read_body", {kRequest, last, 3}), (std::int64_t{1} << 32) + 3);
  EXPECT_EQ(guest.memory.text(last, 3), "abc");
}

TEST_F(HttpHandlerBody, IsKeptForTheOriginIfBuffered) {
  guest.settings.hasOrigin = true;
  guest.run("enable_features", {1});
  guest.exchange.sendBody("hello world");
  guest.read(kRequest, 5);
  EXPECT_EQ(state().requestCopy, "hello");
  EXPECT_FALSE(state().requestLost);
}

TEST_F(HttpHandlerBody, IsNotKeptForNobody) {
  guest.run("enable_features", {1});
  guest.exchange.sendBody("hello world");
  guest.read(kRequest);
  EXPECT_EQ(state().requestCopy, "");
}

TEST_F(HttpHandlerBody, IsKeptOnlyUpToALimit) {
  guest.settings.hasOrigin = true;
  guest.settings.bufferedBody = ByteSize(10);
  guest.run("enable_features", {1});
  guest.exchange.sendBody("hello world");
  EXPECT_EQ(guest.read(kRequest, 10), (Read{"hello worl", false}));
  EXPECT_THAT(guest.trap("read_body", {kRequest, HandlerGuest::kBuffer, 10}),
              HasSubstr("more than 10B cannot be held"));
}

TEST_F(HttpHandlerBody, OfTheRequestIsReplacedByTheFirstWriteAndExtendedByFurtherOnes) {
  guest.exchange.sendBody("client's");
  guest.run("write_body", {kRequest, "new "});
  guest.run("write_body", {kRequest, "body"});
  EXPECT_EQ(state().requestReplacement, "new body");
  // What the client sent can still be read.
  EXPECT_EQ(guest.read(kRequest), (Read{"client's", true}));
}

TEST_F(HttpHandlerBody, OfTheRequestMayBeReplacedByNothing) {
  guest.run("write_body", {kRequest, ""});
  EXPECT_EQ(state().requestReplacement, "");
}

TEST_F(HttpHandlerBody, OfTheRequestIsReplacedOnlyUpToALimit) {
  guest.settings.bufferedBody = ByteSize(10);
  guest.run("write_body", {kRequest, "0123456789"});
  EXPECT_THAT(guest.trap("write_body", {kRequest, "x"}), HasSubstr("cannot be held"));
}

TEST_F(HttpHandlerBody, OfTheResponseStreamsOut) {
  guest.run("write_body", {kResponse, "hello "});
  guest.run("write_body", {kResponse, "world"});
  guest.run("write_body", {kResponse, ""});
  EXPECT_EQ(guest.exchange.body(), "hello world");
  EXPECT_FALSE(guest.exchange.responseCommitted());
}

TEST_F(HttpHandlerBody, OfTheResponseGoesOnWhereAFullBufferStoppedIt) {
  guest.exchange.limitResponseBuffer(4);
  EXPECT_TRUE(guest.waits("write_body", {kResponse, "0123456789"}));
  EXPECT_EQ(guest.exchange.waits(), kWaitResponseRoom);
  EXPECT_EQ(guest.exchange.body(), "0123");
  guest.exchange.drainResponse(3);
  EXPECT_TRUE(guest.waits("write_body", {kResponse, "0123456789"}));
  EXPECT_EQ(guest.exchange.body(), "0123456");
  EXPECT_TRUE(guest.waits("write_body", {kResponse, "0123456789"}));
  guest.exchange.drainResponse(4);
  guest.run("write_body", {kResponse, "0123456789"});
  EXPECT_EQ(guest.exchange.body(), "0123456789");
  // The next call begins at its own start.
  guest.exchange.drainResponse(10);
  guest.run("write_body", {kResponse, "abc"});
  EXPECT_EQ(guest.exchange.body(), "0123456789abc");
}

TEST_F(HttpHandlerBody, OfTheResponseIsNotThereBeforeNext) {
  guest.run("write_body", {kResponse, "mine"});
  EXPECT_EQ(guest.read(kResponse), (Read{"", true}));
}

TEST_F(HttpHandlerBody, OfTheOriginIsReadAndReplacedIfBuffered) {
  guest.run("enable_features", {2});
  guest.exchange.answerNext(200, {}, "origin's body");
  guest.exchange.startNext({.body = {}, .streamRest = true, .bufferResponse = true});
  guest.enterResponsePhase();
  EXPECT_EQ(guest.read(kResponse, 9), (Read{"origin's ", false}));
  guest.run("write_body", {kResponse, "my"});
  EXPECT_EQ(guest.read(kResponse, 4), (Read{"body", true}));
  guest.run("write_body", {kResponse, " own"});
  EXPECT_EQ(guest.read(kResponse, 4), (Read{"", true}));
  EXPECT_EQ(state().responseReplacement, "my own");
}

TEST_F(HttpHandlerBody, OfTheResponseMayBeWrittenWhereNextFailed) {
  guest.enterResponsePhase(true);
  EXPECT_EQ(guest.read(kResponse), (Read{"", true}));
  guest.run("write_body", {kResponse, "sorry"});
  EXPECT_EQ(state().responseReplacement, "sorry");
}

TEST_F(HttpHandlerBody, OfTheRequestHasEndedAfterNext) {
  guest.run("enable_features", {1});
  guest.exchange.sendBody("unread");
  guest.enterResponsePhase();
  EXPECT_EQ(guest.read(kRequest), (Read{"", true}));
}

}  // namespace
}  // namespace skiff
