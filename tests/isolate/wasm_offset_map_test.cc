// From offsets in a rewritten module back to the original's.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/rewrite.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

TEST(OffsetMap, AnEmptyMapKnowsNothing) {
  const OffsetMap map;
  EXPECT_EQ(map.original(0), std::nullopt);
  EXPECT_EQ(map.original(UINT32_MAX), std::nullopt);
}

TEST(OffsetMap, AStretchReachesToTheNext) {
  OffsetMap map;
  map.add(100, 40);
  map.add(120, 70);
  map.addNone(130);
  map.add(140, 80);
  EXPECT_EQ(map.original(99), std::nullopt);
  EXPECT_EQ(map.original(100), 40u);
  EXPECT_EQ(map.original(119), 59u);
  EXPECT_EQ(map.original(120), 70u);
  EXPECT_EQ(map.original(129), 79u);
  EXPECT_EQ(map.original(130), std::nullopt);
  EXPECT_EQ(map.original(140), 80u);
  EXPECT_EQ(map.original(1'000), 940u);
}

TEST(OffsetMap, BytesThatPreparationPutInLetTheRestMoveOn) {
  OffsetMap map;
  map.add(10, 5);
  map.addNone(20);  // eight bytes that the original does not have
  map.add(28, 15);
  EXPECT_EQ(map.original(19), 14u);
  EXPECT_EQ(map.original(27), std::nullopt);
  EXPECT_EQ(map.original(28), 15u);
  EXPECT_EQ(map.originalOrNext(19), 14u);
  EXPECT_EQ(map.originalOrNext(27), 15u) << "what stands in front of an instruction belongs to it";
  map.addNone(40);
  EXPECT_EQ(map.originalOrNext(41), std::nullopt);
  EXPECT_EQ(map.originalOrNext(9), std::nullopt);
}

TEST(OffsetMap, StretchesThatGoOnAreOne) {
  OffsetMap map;
  map.add(100, 40);
  map.add(110, 50);
  map.addNone(120);
  map.addNone(125);
  EXPECT_EQ(map.stretches(), 2u);
  map.add(125, 7);  // in place of the empty stretch in front
  EXPECT_EQ(map.original(124), std::nullopt);
  EXPECT_EQ(map.original(125), 7u);
}

TEST(OffsetMap, AnEmptyStretchIsForgotten) {
  OffsetMap map;
  map.add(100, 40);
  map.addNone(110);
  map.add(110, 50);
  EXPECT_EQ(map.stretches(), 1u);
  EXPECT_EQ(map.original(115), 55u);
}

TEST(RewriteModule, MapsEveryByteOfItsCodeBack) {
  // So many types and exports that the counts and sizes of sections change their length.
  std::string text = R"((module (memory (export "memory") 1) (global (mut i32) (i32.const 1)))";
  for (int i = 0; i < 126; ++i) {
    text += "(func (export \"f" + std::to_string(i) + "\") (result i32) (i32.const " +
            std::to_string(i * 1'000) + "))";
  }
  text += R"((func (export "_start")) (data (i32.const 0) "data")))";
  const Bytes original = assemble(text);
  const auto module = parseModule(original, 64_MiB);
  ASSERT_TRUE(module) << module.error().text();
  const auto rewritten = rewriteModule(original, *module, commandAbi(), {});
  ASSERT_TRUE(rewritten) << rewritten.error().text();

  const auto code = std::find_if(module->sections.begin(), module->sections.end(),
                                 [](const Section& section) { return section.id == kCodeSection; });
  ASSERT_NE(code, module->sections.end());
  // The count of functions takes one byte before and two after.
  std::vector<bool> seen(code->bodySize - 1);
  for (std::uint32_t i = 0; i < rewritten->bytes.size(); ++i) {
    const auto offset = rewritten->offsets.original(i);
    if (!offset) continue;
    ASSERT_GT(*offset, code->bodyOffset);
    ASSERT_LT(*offset, code->bodyOffset + code->bodySize);
    ASSERT_EQ(original[*offset], rewritten->bytes[i]);
    seen[*offset - code->bodyOffset - 1] = true;
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), false), 0);
  EXPECT_NE(rewritten->bytes.size(), original.size());
}

}  // namespace
}  // namespace skiff::wasm
