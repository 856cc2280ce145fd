// What is kept of a module's preparation: a plan comes back as it was, or not at all.
#include "isolate/module_plan.h"

#include <gtest/gtest.h>

#include "tests/isolate/wasm_tools.h"

namespace skiff {
namespace {

constexpr std::string_view kModule = R"((module
  (import "http_handler" "read_body" (func $read (param i32 i32 i32) (result i64)))
  (memory (export "memory") 2)
  (global $count (mut i32) (i32.const 0))
  (global (export "__skiff_signal") i32 (i32.const 64))
  (func $begin (global.set $count (i32.const 5)))
  (start $begin)
  (func (export "_initialize"))
  (func $handle (export "handle_request") (result i64)
    (drop (memory.grow (i32.const 1)))
    (call $read (i32.const 0) (i32.const 0) (i32.const 8)))
  (func (export "handle_response") (param i32 i32))))";

ModulePlan planOf(std::string_view text) {
  const auto plan = planModule(wasm::assemble(text), {}, {});
  EXPECT_TRUE(plan) << plan.error().text();
  return plan ? *plan : ModulePlan{};
}

TEST(AModulePlan, ComesBackAsItWas) {
  ModulePlan plan = planOf(kModule);
  plan.codeName = "code";
  plan.isKnownValid = true;
  const auto read = readPlan(writePlan(plan));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->abi, &httpHandlerAbi());
  EXPECT_TRUE(read->grows);
  EXPECT_EQ(read->signalAddress, 64U);
  EXPECT_TRUE(read->mayWait);
  EXPECT_EQ(read->savedGlobals, 1U);
  EXPECT_EQ(read->initialMemory, 2U * 65'536);
  EXPECT_EQ(read->heapBytes, plan.heapBytes);
  EXPECT_EQ(read->entries, plan.entries);
  EXPECT_EQ(read->initialisers, (std::vector<std::string>{"skiff:start", "_initialize"}));
  EXPECT_EQ(read->notResettable, "");
  EXPECT_EQ(read->bytes, plan.bytes);
  EXPECT_EQ(read->codeSize, plan.codeSize);
  EXPECT_EQ(read->functions, plan.functions);
  EXPECT_EQ(read->codeName, "code");
  EXPECT_TRUE(read->isKnownValid);
  std::size_t places = 0;
  for (std::uint32_t offset = 0; offset < plan.bytes.size(); ++offset) {
    const auto before = plan.symbols.find(offset);
    const auto after = read->symbols.find(offset);
    ASSERT_EQ(before.has_value(), after.has_value()) << offset;
    if (!before) continue;
    ++places;
    EXPECT_EQ(before->function, after->function);
    EXPECT_EQ(before->offset, after->offset);
    EXPECT_EQ(before->name, after->name);
  }
  EXPECT_GT(places, 10U);
}

TEST(AModulePlan, KeepsWhyAModuleCannotBeReset) {
  const ModulePlan plan = planOf(R"((module
    (memory (export "memory") 1)
    (table $t 1 funcref)
    (func (export "_start") (table.set $t (i32.const 0) (ref.null func)))))");
  const auto read = readPlan(writePlan(plan));
  ASSERT_TRUE(read);
  EXPECT_NE(read->notResettable, "");
  EXPECT_EQ(read->notResettable, plan.notResettable);
  EXPECT_FALSE(read->isKnownValid);
}

TEST(AModulePlan, ThatIsCutOffIsNone) {
  const auto bytes = writePlan(planOf(kModule));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(readPlan(std::span(bytes).first(size))) << size;
  }
  auto more = bytes;
  more.push_back(0);
  EXPECT_FALSE(readPlan(more));
}

TEST(AModulePlan, ThatIsDamagedIsReadWithinItsBytes) {
  const auto bytes = writePlan(planOf(kModule));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const std::uint8_t bit : {0x01, 0x80}) {
      auto damaged = bytes;
      damaged[at] ^= bit;
      const auto read = readPlan(damaged);
      if (!read) continue;
      for (std::uint32_t offset = 0; offset < 200; ++offset) read->symbols.find(offset);
    }
  }
}

}  // namespace
}  // namespace skiff
