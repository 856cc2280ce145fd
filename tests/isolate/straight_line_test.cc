// Guests that run for long without a loop of their own are ended at their CPU limit all the same.
#include "isolate/wasm/stack_text.h"
#include "tests/isolate/guest_fixture.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::testing {
namespace {

using std::chrono::milliseconds;

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

struct Hostile {
  const char* name;
  std::string body;       ///< of handle_request
  std::string more = {};  ///< functions and segments
  milliseconds cpu{20};
};

std::vector<Hostile> hostileGuests() {
  // 128 MiB of memory; tables of 65,000 elements in all.
  std::string functions;
  for (int i = 0; i < 30'000; ++i) functions += " $nothing";
  std::string calls = "(func $f0 (local i32))";
  for (int i = 1; i < 40; ++i) {
    const std::string call = "(call $f" + std::to_string(i - 1) + ")";
    calls += "(func $f" + std::to_string(i) + call + call + ")";
  }
  return {
      {"fills of all memory",
       repeated("(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x8000000))", 1'000)},
      {"copies of half of memory",
       repeated("(memory.copy (i32.const 0) (i32.const 0x4000000) (i32.const 0x4000000))", 1'000)},
      {"copies of all memory that overlap",
       repeated("(memory.copy (i32.const 1) (i32.const 0) (i32.const 0x7ffffff))", 1'000)},
      {"fills of one piece",
       repeated("(memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))", 100'000)},
      {"functions of one fill", repeated("(call $fill)", 2'000),
       "(func $fill (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x8000000)))"},
      {"fills of tables",
       repeated("(table.fill $t (i32.const 0) (ref.func $nothing) (i32.const 32000))", 200)},
      {"copies of tables",
       repeated("(table.fill $t (i32.const 0) (ref.func $nothing) (i32.const 32000))"
                "(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 31999))"
                "(table.copy $u $t (i32.const 0) (i32.const 0) (i32.const 32000))",
                200)},
      {"initialisations of tables",
       repeated("(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 30000))", 200),
       "(elem $e func" + functions + ")"},
      {"exceptions", repeated("(call $throws)", 100),
       "(func $throws " + repeated("(try (do (throw $oops)) (catch_all))", 20'000) + ")"},
      {"exceptions thrown again", repeated("(call $throws)", 100),
       "(func $throws " +
           repeated("(try (do (try (do (throw $oops)) (catch_all (rethrow 0)))) (catch_all))",
                    20'000) +
           ")"},
      {"host functions", repeated("(drop (call $random (i32.const 0) (i32.const 65536)))", 5000)},
      {"calls without end", "(call $f39)", calls},
      {"a tail call without end", "(call $tail)", "(func $tail (return_call $tail))"},
      {"tail calls in a circle", "(call $a)",
       "(func $a (return_call $b)) (func $b (return_call $a))"},
      {"indirect tail calls", "(call $tail)",
       "(type $plain (func)) (table $v 1 funcref) (elem (table $v) (i32.const 0) func $tail)"
       "(func $tail (return_call_indirect $v (type $plain) (i32.const 0)))"},
  };
}

class StraightLineTest : public GuestTest, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(StraightLineTest, IsEndedAtItsCpuLimit) {
  const Hostile hostile = hostileGuests()[GetParam()];
  SCOPED_TRACE(hostile.name);
  limits.cpu = hostile.cpu;
  limits.wall = std::chrono::seconds(60);
  const auto bytes = wasm::assemble(R"((module
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (memory (export "memory") 2048)
    (table $t 32000 funcref)
    (table $u 32000 funcref)
    (tag $oops)
    (func (export "handle_request") (result i64) )" +
                                    hostile.body + R"( (i64.const 0))
    (func (export "handle_response") (param i32 i32))
    (func $nothing)
    (elem declare func $nothing) )" +
                                    hostile.more + ")");
  const auto prepared = tryPrepare(bytes);
  ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
  InstancePool pool(shard, *prepared, {});
  for (int i = 0; i < 2; ++i) {
    FakeExchange exchange;
    exchange.setRequest("GET", "/");
    const auto guestRun = run(pool, exchange);
    ASSERT_TRUE(guestRun);
    EXPECT_EQ(guestRun->start(), GuestRun::State::finished);
    EXPECT_EQ(guestRun->reason(), Reason::cpuLimit) << guestRun->detail();
    EXPECT_GE(guestRun->cpu(), limits.cpu);
    EXPECT_FALSE(wasm::stackLines(pool.module().symbols, guestRun->stack()).empty());
    // A tick of the watchdog and a piece, on a machine that does other things too.
    EXPECT_LT(guestRun->cpu(), 3 * limits.cpu);
    RecordProperty("cpu_us_" + std::to_string(i),
                   std::to_string(guestRun->cpu() / std::chrono::microseconds(1)));
  }
}

INSTANTIATE_TEST_SUITE_P(Guests, StraightLineTest,
                         ::testing::Range(std::size_t{0}, hostileGuests().size()),
                         [](const ::testing::TestParamInfo<std::size_t>& guest) {
                           std::string name = hostileGuests()[guest.param].name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

}  // namespace
}  // namespace skiff::testing
