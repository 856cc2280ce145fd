#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "isolate/instance.h"
#include "quota/quotas.h"
#include "tests/isolate/guest_fixture.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::testing {
namespace {

using ::testing::HasSubstr;

/// A handler with a global, with `body` in its request's function and `more` behind it.
std::string handler(const std::string& body, const std::string& more = "") {
  return R"((module
    (memory (export "memory") 1 3)
    (table 1 funcref)
    (global (mut i32) (i32.const 7))
    (func (export "handle_request") (result i64)
      (drop (memory.grow (i32.const 1)))
      (memory.fill (i32.const 0) (i32.const 0) (global.get 0))
      )" +
         body + R"(
      (i64.const 0))
    (func (export "handle_response") (param i32 i32))
    )" + more +
         ")";
}

class PreparationTest : public GuestTest {};

TEST_F(PreparationTest, RefusesWhatReachesBehindTheModulesOwn) {
  ASSERT_TRUE(tryPrepare(wasm::assembleUnchecked(handler(""))).has_value());
  // What skiff appends lies there: were the module valid then, it could reach that.
  const struct {
    const char* what;
    std::string body;
    std::string more;
  } kCases[] = {
      {"a global, read", "(drop (global.get 1))", ""},
      {"a global, written", "(global.set 1 (i32.const 1))", ""},
      {"a shadow, written", "(global.set 2 (i32.const 1))", ""},
      {"the reference that growth asks", "(global.set 1 (ref.func 0))", ""},
      {"a function, called", "(drop (call 2 (i32.const 0)))", ""},
      {"a function, taken", "(drop (ref.func 2))", ""},
      {"a type", "(call_indirect (type 2) (i32.const 0))", ""},
      {"a global, exported", "", R"((export "g" (global 1)))"},
      {"a function, exported", "", R"((export "f" (func 2)))"},
      {"a function, in a table", "", "(elem (i32.const 0) func 2)"},
      {"a global, in an initialiser", "", "(global i32 (global.get 2))"},
  };
  for (const auto& [what, body, more] : kCases) {
    SCOPED_TRACE(what);
    const auto bytes = wasm::assembleUnchecked(handler(body, more));
    ASSERT_FALSE(bytes.empty());
    EXPECT_NE(wasm::engineError(bytes), "");
    const auto prepared = tryPrepare(bytes);
    EXPECT_FALSE(prepared.has_value());
  }
  EXPECT_THAT(tryPrepare(wasm::assembleUnchecked(handler("(drop (global.get 1))"))).error().text(),
              HasSubstr("not a valid module"));
}

/// An app that may hold `total`, and so may its tenant.
std::shared_ptr<AppQuota> quotaOf(Limits limits, ByteSize total) {
  limits.memoryTotal = total;
  auto tenant = std::make_shared<TenantQuota>("tenant", limits);
  return std::make_shared<AppQuota>(tenant, "app", limits);
}

class MemoryTotalTest : public GuestTest {
 protected:
  std::unique_ptr<InstancePool> poolWith(const std::string& text, ByteSize total) {
    settings.memory = limits.memory;
    quota = quotaOf(limits, total);
    settings.quota = quota;
    const auto prepared = tryPrepare(wasm::assemble(text));
    EXPECT_TRUE(prepared.has_value()) << (prepared ? "" : prepared.error().text());
    return std::make_unique<InstancePool>(shard, *prepared, InstancePool::Limits{});
  }
  Instance* acquire(InstancePool& pool) {
    ColdStart cold;
    std::string error;
    return pool.acquire(cold, refusal, error);
  }

  std::shared_ptr<AppQuota> quota;
  Reason refusal = Reason::none;
};

TEST_F(MemoryTotalTest, KeepsNoChargeForGrowthThatFailed) {
  // It may have three pages by itself, and asks for more, and for what looks like giving back.
  const auto pool = poolWith(R"((module
    (memory (export "memory") 1 3)
    (func (export "handle_request") (result i64)
      (drop (memory.grow (i32.const 1000)))
      (drop (memory.grow (i32.const 0x80000001)))
      (drop (memory.grow (i32.const -1)))
      (i64.const 0))
    (func (export "handle_response") (param i32 i32))))",
                             1_MiB);
  for (int i = 0; i < 100; ++i) get(*pool);
  EXPECT_EQ(reason, Reason::none) << detail;
  EXPECT_EQ(quota->memory.held(), 65'536U);
  EXPECT_EQ(quota->tenant->memory.held(), 65'536U);
  pool->evictIdle(0);
  EXPECT_EQ(quota->memory.held(), 0U);
}

std::size_t residentBytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * 4096;
}

constexpr std::string_view kHoarder = R"((module
    (memory (export "memory") 1)
    (func (export "handle_request") (result i64)
      (drop (memory.grow (i32.const 511)))
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x2000000))
      (i64.const 0))
    (func (export "handle_response") (param i32 i32))))";

TEST_F(MemoryTotalTest, IsGivenBackWithThePagesThemselves) {
  const auto pool = poolWith(std::string(kHoarder), 64_MiB);
  get(*pool);
  const std::size_t before = residentBytes();
  // 32 MiB each: fewer than a collection of garbage is asked for after.
  for (int i = 0; i < 20; ++i) get(*pool);
  EXPECT_EQ(reason, Reason::none) << detail;
  EXPECT_EQ(quota->memory.held(), 0U);
  EXPECT_LT(residentBytes(), before + (std::size_t{48} << 20));
}

TEST_F(MemoryTotalTest, OfInstancesIsAskedForBeforeTheyAreMade) {
  const auto pool = poolWith(R"((module
    (memory (export "memory") 512)
    (data (i32.const 0) "x")
    (func (export "handle_request") (result i64) (i64.const 0))
    (func (export "handle_response") (param i32 i32))))",
                             48_MiB);
  Instance* const held = acquire(*pool);
  ASSERT_TRUE(held);
  const std::size_t used = budget.used();
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(acquire(*pool), nullptr);
    EXPECT_EQ(refusal, Reason::memoryLimit);
  }
  EXPECT_EQ(budget.used(), used) << "nothing was made";
  pool->release(held, InstanceFate::returned);
  Instance* const again = acquire(*pool);
  EXPECT_TRUE(again);
  pool->release(again, InstanceFate::returned);
}

class TidyTest : public GuestTest {};

TEST_F(TidyTest, LeavesWhatTakesLongToResetForLater) {
  limits.memory = 64_MiB;
  settings.memory = limits.memory;
  // 16 MiB, dirtied in each request.
  const auto prepared = tryPrepare(wasm::assemble(R"((module
    (memory (export "memory") 256)
    (func (export "handle_request") (result i64)
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x1000000))
      (i64.const 0))
    (func (export "handle_response") (param i32 i32))))"));
  ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
  InstancePool pool(shard, *prepared, {.min = 0, .max = 1});
  for (int i = 0; i < 3; ++i) {
    FakeExchange exchange;
    exchange.setRequest("GET", "/");
    const auto guestRun = run(pool, exchange);
    ASSERT_TRUE(guestRun);
    ASSERT_EQ(guestRun->start(), GuestRun::State::finished);
    EXPECT_EQ(guestRun->reset(), ResetHow::none);
    EXPECT_TRUE(pool.wantsTidying());
    EXPECT_FALSE(pool.available()) << "its place is taken";
    EXPECT_EQ(pool.counts().busy, 1U);
    EXPECT_THAT(pool.tidy(), ::testing::ElementsAre(ResetHow::discard));
    EXPECT_FALSE(pool.wantsTidying());
    EXPECT_EQ(pool.counts().idle, 1U);
  }
}

}  // namespace
}  // namespace skiff::testing
