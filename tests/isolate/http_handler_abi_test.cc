#include "isolate/abi/http_handler_abi.h"

#include "tests/isolate/handler_guest.h"

namespace skiff {
namespace {

using ::testing::Contains;
using ::testing::Each;
using testing::FakeExchange;
using testing::HandlerGuest;
using ::testing::HasSubstr;
using testing::HeaderPairs;
using ::testing::Not;
using ::testing::Pair;

/// What handle_request returns, as the ABI gets it: the context word, and the bit for next.
std::int64_t next(std::uint32_t contextWord = 0) {
  return static_cast<std::int64_t>(std::uint64_t{contextWord} * 2 + 1);
}
constexpr std::int64_t kAnswered = 0;

class HttpHandlerAbiTest : public ::testing::Test {
 protected:
  HttpHandlerAbiTest() { guest.settings.hasOrigin = true; }

  Step returned(std::uint8_t entry, std::int64_t result = 0) {
    return abi.returned(guest.context, entry, result);
  }
  /// From handle_request's return to handle_response's call, with an origin that has answered.
  Step toResponse() { return returned(HttpHandlerAbi::kHandleRequest, next()); }
  Step finishResponse() { return returned(HttpHandlerAbi::kHandleResponse); }

  void expectFinished(const Step& step, FakeExchange::Answer answer) {
    EXPECT_EQ(step.kind, Step::Kind::finish);
    EXPECT_EQ(step.reason, Reason::none) << step.detail;
    EXPECT_EQ(guest.exchange.answer(), answer);
  }
  void expectFailed(const Step& step, Reason reason) {
    EXPECT_EQ(step.kind, Step::Kind::finish);
    EXPECT_EQ(step.reason, reason);
    EXPECT_FALSE(step.detail.empty());
    EXPECT_FALSE(guest.exchange.finished());
  }

  const EntryAbi& abi = httpHandlerAbi();
  HandlerGuest guest;
};

TEST_F(HttpHandlerAbiTest, EntersBothHandlersAndRestoresBeforeTheFirst) {
  const auto entries = abi.entryPoints();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].exportName, "handle_request");
  EXPECT_EQ(entries[0].parameters, "");
  EXPECT_EQ(entries[0].result, 'I');
  EXPECT_TRUE(entries[0].required && entries[0].first);
  EXPECT_EQ(entries[1].exportName, "handle_response");
  EXPECT_EQ(entries[1].parameters, "ii");
  EXPECT_EQ(entries[1].result, 0);
  EXPECT_TRUE(entries[1].required && !entries[1].first);
  EXPECT_EQ(abi.name(), "http-wasm");
}

TEST_F(HttpHandlerAbiTest, BeginsWithHandleRequest) {
  const Step step = abi.begin(guest.context);
  EXPECT_EQ(step.kind, Step::Kind::call);
  EXPECT_EQ(step.entry, HttpHandlerAbi::kHandleRequest);
}

TEST_F(HttpHandlerAbiTest, AnswersWithWhatTheGuestWrote) {
  guest.run("set_status_code", {201});
  guest.run("write_body", {1, "made"});
  expectFinished(returned(HttpHandlerAbi::kHandleRequest, kAnswered),
                 FakeExchange::Answer::written);
  EXPECT_EQ(guest.exchange.body(), "made");
  EXPECT_EQ(guest.exchange.response().status, 201);
  EXPECT_FALSE(guest.exchange.sentToNext());
}

TEST_F(HttpHandlerAbiTest, IgnoresTheContextWordWithoutNext) {
  expectFinished(returned(HttpHandlerAbi::kHandleRequest, std::int64_t{16} * 2),
                 FakeExchange::Answer::written);
}

TEST_F(HttpHandlerAbiTest, RefusesNextWithoutAnOrigin) {
  guest.settings.hasOrigin = false;
  const Step step = toResponse();
  expectFailed(step, Reason::originError);
  EXPECT_THAT(step.detail, HasSubstr("set `origin`"));
  EXPECT_FALSE(guest.exchange.sentToNext());
}

TEST_F(HttpHandlerAbiTest, AwaitsTheOrigin) {
  EXPECT_EQ(toResponse().kind, Step::Kind::await);
  EXPECT_EQ(guest.exchange.waits(), kWaitNext);
  EXPECT_EQ(abi.ready(guest.context).kind, Step::Kind::await);
  guest.exchange.answerNext(200, {}, "");
  const Step step = abi.ready(guest.context);
  EXPECT_EQ(step.kind, Step::Kind::call);
  EXPECT_EQ(step.entry, HttpHandlerAbi::kHandleResponse);
}

TEST_F(HttpHandlerAbiTest, HandsTheContextWordOn) {
  guest.exchange.answerNext(200, {}, "");
  for (const std::uint32_t word : {0U, 16U, 0x8000'0000U, 0xffff'ffffU}) {
    HandlerGuest other;
    other.settings.hasOrigin = true;
    other.exchange.answerNext(200, {}, "");
    const Step step = abi.returned(other.context, HttpHandlerAbi::kHandleRequest, next(word));
    EXPECT_EQ(step.kind, Step::Kind::call);
    EXPECT_EQ(step.arguments[0], word);
    EXPECT_EQ(step.arguments[1], 0u);
  }
}

TEST_F(HttpHandlerAbiTest, StreamsTheOriginsAnswer) {
  guest.run("set_header_value", {1, "x-from", "guest"});
  guest.run("set_header_value", {1, "server", "guest"});
  guest.exchange.answerNext(404, {{"Server", "origin"}}, "not here");
  toResponse();
  EXPECT_EQ(guest.value("get_status_code", {}), 404);
  guest.run("set_status_code", {410});
  guest.run("add_header_value", {1, "x-seen", "1"});
  expectFinished(finishResponse(), FakeExchange::Answer::next);
  EXPECT_EQ(guest.exchange.body(), "not here");
  EXPECT_EQ(guest.exchange.response().status, 410);
  EXPECT_EQ(guest.exchange.responseHeaders(),
            (HeaderPairs{{"x-from", "guest"}, {"Server", "origin"}, {"x-seen", "1"}}));
}

TEST_F(HttpHandlerAbiTest, SendsTheChangedRequest) {
  guest.exchange.setRequest("POST", "/old");
  guest.run("set_uri", {"/new"});
  guest.run("set_header_value", {0, "x-added", "1"});
  toResponse();
  const auto& sent = guest.exchange.sentToNext();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->method, "POST");
  EXPECT_EQ(sent->target, "/new");
  EXPECT_THAT(sent->headers, Contains(Pair("x-added", "1")));
  EXPECT_FALSE(sent->request.bufferResponse);
}

struct BodyCase {
  const char* name;
  int features;
  unsigned readLimit;   // 0: the guest does not read
  const char* written;  // nullptr: the guest does not write
  std::string sent;
  bool streamsRest;
  bool warns;
};

class HttpHandlerNextBody : public ::testing::TestWithParam<BodyCase> {};

TEST_P(HttpHandlerNextBody, IsWhatTheGuestLeavesTheOrigin) {
  HandlerGuest guest;
  guest.settings.hasOrigin = true;
  guest.exchange.addRequestHeader("Content-Length", "11");
  guest.exchange.sendBody("hello world");
  guest.run("enable_features", {GetParam().features});
  if (GetParam().readLimit > 0) guest.read(0, GetParam().readLimit);
  if (GetParam().written) guest.run("write_body", {0, GetParam().written});
  httpHandlerAbi().returned(guest.context, HttpHandlerAbi::kHandleRequest, next());
  const auto& sent = guest.exchange.sentToNext();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->request.body, GetParam().sent);
  EXPECT_EQ(sent->request.streamRest, GetParam().streamsRest);
  EXPECT_EQ(guest.log.lines.size(), GetParam().warns ? 1u : 0u);
  // A length that is no longer the body's must not reach the origin.
  if (GetParam().written) {
    EXPECT_THAT(sent->headers, Each(Pair(Not("Content-Length"), ::testing::_)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    HttpHandler, HttpHandlerNextBody,
    ::testing::Values(BodyCase{"untouched", 0, 0, nullptr, "", true, false},
                      BodyCase{"buffered_not_read", 1, 0, nullptr, "", true, false},
                      BodyCase{"buffered_read_in_part", 1, 5, nullptr, "hello", true, false},
                      BodyCase{"buffered_read_whole", 1, 100, nullptr, "hello world", false, false},
                      BodyCase{"unbuffered_read_in_part", 0, 5, nullptr, "", true, true},
                      BodyCase{"unbuffered_read_whole", 0, 100, nullptr, "", false, true},
                      BodyCase{"replaced", 0, 0, "new", "new", false, false},
                      BodyCase{"replaced_after_reading", 0, 100, "new", "new", false, false},
                      BodyCase{"replaced_though_buffered", 1, 5, "new", "new", false, false},
                      BodyCase{"replaced_by_nothing", 0, 0, "", "", false, false}),
    [](const auto& test) { return test.param.name; });

TEST_F(HttpHandlerAbiTest, BuffersTheOriginsAnswerIfAsked) {
  guest.run("enable_features", {2});
  guest.exchange.answerNext(200, {{"Content-Length", "4"}}, "body");
  toResponse();
  EXPECT_TRUE(guest.exchange.sentToNext()->request.bufferResponse);
  expectFinished(finishResponse(), FakeExchange::Answer::replaced);
  EXPECT_EQ(guest.exchange.body(), "body");
  EXPECT_EQ(guest.exchange.responseHeaders(), (HeaderPairs{{"Content-Length", "4"}}));
}

TEST_F(HttpHandlerAbiTest, BuffersIfAskedDuringInitialisation) {
  guest.context.setFeatures(2);
  guest.exchange.answerNext(200, {}, "body");
  toResponse();
  EXPECT_TRUE(guest.exchange.sentToNext()->request.bufferResponse);
}

TEST_F(HttpHandlerAbiTest, ReplacesTheOriginsAnswerAndItsLength) {
  guest.run("enable_features", {2});
  guest.exchange.answerNext(200, {{"Content-Length", "4"}, {"x", "y"}}, "body");
  toResponse();
  guest.run("write_body", {1, "another body"});
  expectFinished(finishResponse(), FakeExchange::Answer::replaced);
  EXPECT_EQ(guest.exchange.body(), "another body");
  EXPECT_EQ(guest.exchange.responseHeaders(), (HeaderPairs{{"x", "y"}}));
}

TEST_F(HttpHandlerAbiTest, DropsWhatWasWrittenBeforeNext) {
  guest.run("write_body", {1, "early"});
  guest.exchange.answerNext(200, {}, "origin's");
  toResponse();
  expectFinished(finishResponse(), FakeExchange::Answer::next);
  EXPECT_EQ(guest.exchange.body(), "origin's");
}

TEST_F(HttpHandlerAbiTest, RefusesNextOnceAResponseIsOnItsWay) {
  guest.run("write_body", {1, "early"});
  guest.exchange.drainResponse(1);
  expectFailed(toResponse(), Reason::badResponse);
  EXPECT_FALSE(guest.exchange.sentToNext());
}

TEST_F(HttpHandlerAbiTest, TellsTheGuestThatTheOriginFailed) {
  guest.exchange.failNext("connection refused");
  const Step step = returned(HttpHandlerAbi::kHandleRequest, next(7));
  EXPECT_EQ(step.kind, Step::Kind::call);
  EXPECT_EQ(step.arguments[0], 7u);
  EXPECT_EQ(step.arguments[1], 1u);
  EXPECT_EQ(guest.value("get_status_code", {}), 502);
  ASSERT_EQ(guest.log.lines.size(), 1u);
  EXPECT_THAT(guest.log.lines[0].text, HasSubstr("connection refused"));
}

TEST_F(HttpHandlerAbiTest, AnswersWithAReasonIfTheGuestLeavesTheFailure) {
  guest.run("set_status_code", {201});
  guest.exchange.failNext("connection refused");
  toResponse();
  guest.run("set_header_value", {1, "x", "y"});
  expectFailed(finishResponse(), Reason::originError);
}

TEST_F(HttpHandlerAbiTest, AnswersWithTheGuestsOwnErrorPage) {
  guest.exchange.failNext("connection refused");
  toResponse();
  guest.run("write_body", {1, "come back later"});
  expectFinished(finishResponse(), FakeExchange::Answer::replaced);
  EXPECT_EQ(guest.exchange.body(), "come back later");
  EXPECT_EQ(guest.exchange.response().status, 502);
}

TEST_F(HttpHandlerAbiTest, AnswersWithTheGuestsOwnStatus) {
  guest.exchange.failNext("connection refused");
  toResponse();
  guest.run("set_status_code", {503});
  expectFinished(finishResponse(), FakeExchange::Answer::replaced);
  EXPECT_EQ(guest.exchange.body(), "");
  EXPECT_EQ(guest.exchange.response().status, 503);
}

TEST_F(HttpHandlerAbiTest, TakesAnExitForNoAnswer) {
  expectFailed(abi.exited(guest.context, 0), Reason::guestExit);
  expectFailed(abi.exited(guest.context, 3), Reason::guestExit);
}

}  // namespace
}  // namespace skiff
