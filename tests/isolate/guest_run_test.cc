// Guests in V8: what a request sees of its instance, and how a guest's end is told.
#include <chrono>
#include <thread>

#include "isolate/guest_isolate.h"
#include "tests/isolate/guest_fixture.h"

namespace skiff::testing {
namespace {

using ::testing::HasSubstr;

class GuestRunTest : public GuestTest {};

TEST_F(GuestRunTest, AHandlerAnswers) {
  const auto pool = poolOf("hello_wat");
  FakeExchange exchange;
  serve(*pool, exchange);
  EXPECT_EQ(reason, Reason::none) << detail;
  EXPECT_EQ(exchange.body(), "Hello from wasm");
  EXPECT_EQ(exchange.response().status, 200);
}

TEST_F(GuestRunTest, AProgramAnswersByCgi) {
  const auto pool = poolOf("cgi");
  FakeExchange exchange;
  exchange.setRequest("POST", "/form?a=b");
  exchange.sendBody("payload");
  serve(*pool, exchange);
  EXPECT_EQ(reason, Reason::none) << detail;
  EXPECT_THAT(exchange.body(), HasSubstr("REQUEST_METHOD=POST"));
  EXPECT_THAT(exchange.body(), HasSubstr("payload"));
}

TEST_F(GuestRunTest, AnAssemblyScriptHandlerAnswers) {
  const auto pool = poolOf("greet");
  EXPECT_THAT(get(*pool, "/?name=Ada"), HasSubstr("Ada"));
  EXPECT_EQ(reason, Reason::none) << detail;
}

TEST_F(GuestRunTest, ATrapIsTold) {
  const auto pool = poolOf("test/trap");
  get(*pool);
  EXPECT_EQ(reason, Reason::guestTrap);
  EXPECT_THAT(detail, HasSubstr("unreachable"));
  EXPECT_EQ(reset, ResetHow::fresh);
}

TEST_F(GuestRunTest, AStackOverflowIsATrapAndTheIsolateGoesOn) {
  const auto pool = poolOf("test/recurse");
  for (int i = 0; i < 3; ++i) {
    get(*pool);
    EXPECT_EQ(reason, Reason::guestTrap);
    EXPECT_THAT(detail, HasSubstr("stack"));
  }
}

TEST_F(GuestRunTest, AnEndlessLoopEndsAtItsCpuLimit) {
  limits.cpu = std::chrono::milliseconds(20);
  const auto pool = poolOf("test/spin");
  for (int i = 0; i < 3; ++i) {
    FakeExchange exchange;
    const auto guestRun = run(*pool, exchange);
    EXPECT_EQ(guestRun->start(), GuestRun::State::finished);
    EXPECT_EQ(guestRun->reason(), Reason::cpuLimit);
    EXPECT_GE(guestRun->cpu(), std::chrono::milliseconds(20));
  }
}

TEST_F(GuestRunTest, AnEndlessLoopEndsAtTheWallLimit) {
  limits.cpu = std::chrono::seconds(100);
  limits.wall = std::chrono::milliseconds(20);
  const auto pool = poolOf("test/spin");
  get(*pool);
  EXPECT_EQ(reason, Reason::wallLimit);
}

TEST_F(GuestRunTest, ProcExitEndsTheGuest) {
  const auto pool = poolOf("test/exit");
  get(*pool, "/?code=7");
  EXPECT_EQ(reason, Reason::guestExit);
  EXPECT_THAT(detail, HasSubstr("7"));
}

TEST_F(GuestRunTest, AnInstanceThatExitedIsResetUnlessItsStateIsKept) {
  {
    const auto pool = poolOf("test/exit");
    get(*pool, "/?code=7");
    get(*pool, "/?code=0");
    EXPECT_EQ(reset, ResetHow::hot);
    EXPECT_EQ(pool->counts().idle, 1U);
  }
  reuse = Reuse::dirty;
  const auto pool = poolOf("test/exit");
  get(*pool, "/?code=0");
  EXPECT_EQ(reset, ResetHow::fresh);
}

TEST_F(GuestRunTest, MemoryGrowsToTheLimitAndNotFurther) {
  limits.memory = 4_MiB;
  const auto pool = poolOf("test/grow");
  EXPECT_THAT(get(*pool), HasSubstr("64"));
  EXPECT_EQ(reset, ResetHow::fresh) << "a grown instance is not used again";
  EXPECT_THAT(get(*pool), HasSubstr("64"));
}

TEST_F(GuestRunTest, AGuestThatWaitsIsSuspendedAndResumed) {
  const auto pool = poolOf("test/sleep");
  FakeExchange exchange;
  exchange.setRequest("GET", "/?ms=30");
  const auto guestRun = run(*pool, exchange);
  ASSERT_EQ(guestRun->start(), GuestRun::State::waiting);
  EXPECT_TRUE(exchange.waits() & kWaitTime);
  ASSERT_EQ(guestRun->resume(), GuestRun::State::waiting) << "resumed too early, it waits on";
  std::this_thread::sleep_until(exchange.waitsUntil());
  ASSERT_EQ(guestRun->resume(), GuestRun::State::finished);
  EXPECT_EQ(guestRun->reason(), Reason::none) << guestRun->detail();
  EXPECT_THAT(exchange.body(), HasSubstr("30"));
}

TEST_F(GuestRunTest, ManyGuestsOfOneIsolateAreSuspendedAtOnce) {
  constexpr std::size_t kGuests = 500;
  const auto pool = poolOf("echo", {.min = 0, .max = kGuests});
  std::vector<std::unique_ptr<FakeExchange>> exchanges;
  std::vector<std::unique_ptr<TestRun>> runs;
  for (std::size_t i = 0; i < kGuests; ++i) {
    exchanges.push_back(std::make_unique<FakeExchange>());
    exchanges.back()->setRequest("POST", "/");
    exchanges.back()->expectBody();
    runs.push_back(run(*pool, *exchanges.back()));
    ASSERT_EQ(runs.back()->start(), GuestRun::State::waiting);
  }
  EXPECT_EQ(pool->counts().busy, kGuests);
  EXPECT_EQ(pool->counts().isolates, 1U);
  // Each gets its own bytes, in another order than they were suspended.
  for (std::size_t k = 0; k < kGuests; ++k) {
    const std::size_t i = (k * 7) % kGuests;
    exchanges[i]->arrive("body of " + std::to_string(i));
    exchanges[i]->endBody();
    GuestRun::State state = runs[i]->resume();
    while (state == GuestRun::State::waiting) state = runs[i]->resume();
    EXPECT_EQ(runs[i]->reason(), Reason::none) << runs[i]->detail();
    EXPECT_EQ(exchanges[i]->body(), "body of " + std::to_string(i));
  }
}

TEST_F(GuestRunTest, ACancelledGuestIsUnwoundAndItsInstanceDropped) {
  const auto pool = poolOf("echo");
  FakeExchange exchange;
  exchange.setRequest("POST", "/");
  exchange.expectBody();
  const auto guestRun = run(*pool, exchange);
  ASSERT_EQ(guestRun->start(), GuestRun::State::waiting);
  guestRun->cancel(Reason::clientGone);
  EXPECT_EQ(guestRun->reason(), Reason::clientGone);
  EXPECT_EQ(guestRun->reset(), ResetHow::fresh);
  EXPECT_EQ(pool->counts().busy, 0U);
  EXPECT_EQ(pool->counts().idle, 0U);

  FakeExchange next;
  next.setRequest("POST", "/");
  next.sendBody("still here");
  serve(*pool, next);
  EXPECT_EQ(next.body(), "still here");
}

TEST_F(GuestRunTest, AStoppedGuestCannotCatchItsEnd) {
  const auto pool = poolOf("test/catch");
  FakeExchange exiting;
  serve(*pool, exiting);
  EXPECT_EQ(reason, Reason::guestExit);
  EXPECT_EQ(exiting.body(), "");

  FakeExchange cancelled;
  cancelled.setRequest("POST", "/");
  cancelled.expectBody();
  cancelled.arrive("half a body");
  const auto guestRun = run(*pool, cancelled);
  ASSERT_EQ(guestRun->start(), GuestRun::State::waiting);
  guestRun->cancel(Reason::clientGone);
  EXPECT_EQ(guestRun->reason(), Reason::clientGone);
  EXPECT_EQ(cancelled.body(), "");
}

TEST_F(GuestRunTest, AModuleWithoutMemoryPagesCanServe) {
  // (module (memory (export "memory") 0) and both exports of a handler, which do nothing)
  const std::vector<std::uint8_t> bytes = {
      0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0a, 0x02, 0x60, 0x00, 0x01, 0x7e,
      0x60, 0x02, 0x7f, 0x7f, 0x00, 0x03, 0x03, 0x02, 0x00, 0x01, 0x05, 0x03, 0x01, 0x00, 0x00,
      0x07, 0x2d, 0x03, 0x06, 'm',  'e',  'm',  'o',  'r',  'y',  0x02, 0x00, 0x0e, 'h',  'a',
      'n',  'd',  'l',  'e',  '_',  'r',  'e',  'q',  'u',  'e',  's',  't',  0x00, 0x00, 0x0f,
      'h',  'a',  'n',  'd',  'l',  'e',  '_',  'r',  'e',  's',  'p',  'o',  'n',  's',  'e',
      0x00, 0x01, 0x0a, 0x09, 0x02, 0x04, 0x00, 0x42, 0x00, 0x0b, 0x02, 0x00, 0x0b};
  const auto prepared = tryPrepare(bytes);
  ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
  InstancePool pool(shard, *prepared, {});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(pool), "");
  EXPECT_EQ(reason, Reason::none) << detail;
}

TEST_F(GuestRunTest, InstancesWhoseTablesWouldFillTheHeapAreNotMade) {
  const auto small = poolOf("hello_wat", {.min = 0, .max = 1000});
  EXPECT_EQ(small->limits().max, 1000U);
  // (table 65000 funcref) beside a handler's memory and exports.
  const std::vector<std::uint8_t> bytes = {
      0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0a, 0x02, 0x60, 0x00, 0x01,
      0x7e, 0x60, 0x02, 0x7f, 0x7f, 0x00, 0x03, 0x03, 0x02, 0x00, 0x01, 0x04, 0x06, 0x01,
      0x70, 0x00, 0xe8, 0xfb, 0x03, 0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x2d, 0x03, 0x06,
      'm',  'e',  'm',  'o',  'r',  'y',  0x02, 0x00, 0x0e, 'h',  'a',  'n',  'd',  'l',
      'e',  '_',  'r',  'e',  'q',  'u',  'e',  's',  't',  0x00, 0x00, 0x0f, 'h',  'a',
      'n',  'd',  'l',  'e',  '_',  'r',  'e',  's',  'p',  'o',  'n',  's',  'e',  0x00,
      0x01, 0x0a, 0x09, 0x02, 0x04, 0x00, 0x42, 0x00, 0x0b, 0x02, 0x00, 0x0b};
  const auto prepared = tryPrepare(bytes);
  ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
  InstancePool pool(shard, *prepared, {.min = 0, .max = 1000});
  EXPECT_LT(pool.limits().max, 100U);
  const std::size_t most = pool.limits().max;
  std::vector<Instance*> held;
  for (std::size_t i = 0; i < most; ++i) {
    ColdStart cold;
    Reason refusal = Reason::none;
    std::string error;
    Instance* const instance = pool.acquire(cold, refusal, error);
    ASSERT_TRUE(instance) << error;
    held.push_back(instance);
  }
  for (Instance* instance : held) pool.release(instance, InstanceFate::returned);
}

TEST_F(GuestRunTest, TheProcessTakesNoMoreCodeThanTheEngineHasRoomFor) {
  CodeBudget& code = testEngine().code();
  const std::uint64_t before = code.held();
  {
    const CodeBudget::Part most = code.tryTake(CodeBudget::kLimit - before - 10);
    ASSERT_TRUE(most);
    const auto refused = tryPrepare(guest("hello"));
    ASSERT_TRUE(refused.has_error());
    EXPECT_THAT(refused.error().text(), ::testing::HasSubstr("for which the engine has no room"));
  }
  EXPECT_EQ(code.held(), before);
  const auto taken = tryPrepare(guest("hello"));
  ASSERT_TRUE(taken.has_value());
  EXPECT_GT(code.held(), before);
}

TEST_F(GuestRunTest, KillingOneGuestLeavesTheSuspendedOnesAlone) {
  limits.cpu = std::chrono::milliseconds(20);
  const auto pool = poolOf("test/sleep");
  const auto spinner = poolOf("test/spin");
  FakeExchange waiting;
  waiting.setRequest("GET", "/?ms=1");
  const auto suspended = run(*pool, waiting);
  ASSERT_EQ(suspended->start(), GuestRun::State::waiting);
  get(*spinner);
  EXPECT_EQ(reason, Reason::cpuLimit);
  std::this_thread::sleep_until(waiting.waitsUntil());
  EXPECT_EQ(suspended->resume(), GuestRun::State::finished);
  EXPECT_EQ(suspended->reason(), Reason::none) << suspended->detail();
}

TEST_F(GuestRunTest, AGuestEnteredPlainlyIsBegunAgainWhenItHasToWait) {
  const auto pool = poolOf("hello_wat");
  ASSERT_TRUE(pool->tryPlainEntry());
  FakeExchange exchange;
  exchange.addRequestHeader("x-from", "client");
  exchange.limitResponseBuffer(4);
  serve(*pool, exchange);
  EXPECT_EQ(reason, Reason::none) << detail;
  EXPECT_EQ(exchange.body(), "Hello from wasm");
  EXPECT_EQ(exchange.responseHeaders(), (HeaderPairs{{"content-type", "text/plain"}}));
  EXPECT_FALSE(pool->tryPlainEntry()) << "its like are entered suspendably from now on";
  FakeExchange next;
  next.limitResponseBuffer(4);
  serve(*pool, next);
  EXPECT_EQ(next.body(), "Hello from wasm");
}

TEST_F(GuestRunTest, AGuestWithAnOriginIsNeverBegunAgain) {
  settings.hasOrigin = true;
  EXPECT_FALSE(poolOf("hello_wat")->tryPlainEntry());
}

TEST_F(GuestRunTest, AnInstancePoolKeepsToItsMaximum) {
  const auto pool = poolOf("echo", {.min = 0, .max = 1});
  FakeExchange exchange;
  exchange.setRequest("POST", "/");
  exchange.expectBody();
  const auto guestRun = run(*pool, exchange);
  ASSERT_EQ(guestRun->start(), GuestRun::State::waiting);
  ColdStart cold;
  Reason refusal = Reason::none;
  std::string error;
  EXPECT_EQ(pool->acquire(cold, refusal, error), nullptr);
  EXPECT_EQ(refusal, Reason::none);
  guestRun->cancel(Reason::clientGone);
}

TEST_F(GuestRunTest, IdleInstancesAndTheirIsolateAreGivenBack) {
  const auto pool = poolOf("hello_wat", {.min = 3, .max = 8});
  ASSERT_TRUE(pool->warm());
  EXPECT_EQ(pool->counts().idle, 3U);
  EXPECT_TRUE(pool->evictIdle(1));
  EXPECT_EQ(pool->counts().idle, 1U);
  EXPECT_EQ(pool->counts().isolates, 1U);
  EXPECT_TRUE(pool->evictIdle(0));
  EXPECT_EQ(pool->counts().isolates, 0U);
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_EQ(get(*pool), "Hello from wasm");
}

TEST_F(GuestRunTest, TheProcessRefusesMoreInstancesThanItCanHold) {
  budget.~InstanceBudget();
  new (&budget) InstanceBudget(2);
  const auto pool = poolOf("hello_wat", {.min = 0, .max = 8});
  ColdStart cold;
  Reason refusal = Reason::none;
  std::string error;
  Instance* const first = pool->acquire(cold, refusal, error);
  Instance* const second = pool->acquire(cold, refusal, error);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(pool->acquire(cold, refusal, error), nullptr);
  EXPECT_EQ(refusal, Reason::overloaded);
  EXPECT_THAT(error, HasSubstr("max_map_count"));
  pool->release(first, InstanceFate::returned);
  pool->release(second, InstanceFate::returned);
}

}  // namespace
}  // namespace skiff::testing
