#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/custom_section.h"
#include "isolate/wasm/rewrite.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

using testing::ElementsAre;

/// Parses, checks and rewrites; fails the test if one of them refuses.
Rewritten prepare(const Bytes& bytes, const EntryAbi& abi, const PrepareLimits& limits = {}) {
  const auto module = parseModule(bytes, limits.maxModule);
  EXPECT_TRUE(module) << module.error().text();
  if (!module) return {};
  const auto check = checkModule(*module, testModules(), abi, limits);
  EXPECT_TRUE(check) << check.error().text();
  auto rewritten = rewriteModule(bytes, *module, abi, limits);
  EXPECT_TRUE(rewritten) << rewritten.error().text();
  return rewritten ? std::move(*rewritten) : Rewritten{};
}

/// What a script prints that has the instance's exports as `wasm`, and show(n) to print the first n
/// saved globals' low halves.
std::string runInstance(const Rewritten& prepared, std::string_view script) {
  std::string whole = R"(
    const wasm = new WebAssembly.Instance(new WebAssembly.Module(modules[0])).exports;
    const hex = (n) => BigInt.asUintN(64, n).toString(16);
    const get = (i, half) => hex(wasm['skiff:get'](i, half));
    const show = (n) => { console.log(Array.from({ length: n }, (_, i) => get(i, 0)).join(' ')); };
  )";
  return runInEngine(prepared.bytes, whole.append(script));
}

constexpr std::string_view kGlobals = R"((module
  (memory (export "memory") 1)
  (global i32 (i32.const 9))
  (global $a (mut i32) (i32.const -1))
  (global $b (mut i64) (i64.const -2))
  (global externref (ref.null extern))
  (global $c (mut f32) (f32.const 1.5))
  (global $d (mut f64) (f64.const -0.25))
  (global $e (mut v128) (v128.const i64x2 3 4))
  (func (export "_start")
    (i32.store (i32.const 0) (global.get $a))
    (global.set $a (i32.const 70))
    (global.set $b (i64.const 71))
    (global.set $c (f32.const 72))
    (global.set $d (f64.const 73))
    (global.set $e (v128.const i64x2 74 75)))))";

TEST(RewriteModule, ReadsAndRestoresGlobalsOfEveryType) {
  const Rewritten prepared = prepare(assemble(kGlobals), commandAbi());
  EXPECT_EQ(prepared.savedGlobals, 5u);
  EXPECT_THAT(prepared.entries, ElementsAre(true));
  const std::string output = runInstance(prepared, R"(
    const enter = wasm['skiff:entry:0'], first = new Int32Array(wasm.memory.buffer, 0, 1);
    wasm['skiff:save']();
    show(5); enter(); show(5); console.log(get(4, 1));
    enter(); console.log(first[0]);
    wasm['skiff:save'](); enter(); console.log(first[0]);
  )");
  EXPECT_EQ(output,
            "ffffffff fffffffffffffffe 3fc00000 bfd0000000000000 3\n"
            "46 47 42900000 4052400000000000 4a\n4b\n"
            "-1\n"    // restored in front of the second call
            "70\n");  // what was saved last is what is restored
}

TEST(RewriteModule, SetsGlobalsAndTheirShadows) {
  const Rewritten prepared = prepare(assemble(kGlobals), commandAbi());
  // A clone gets its globals from outside and never saves.
  const std::string output = runInstance(prepared, R"(
    const set = wasm['skiff:set'];
    set(0, 0xfffffff0n, 0n); set(1, -5n, 0n); set(2, 0x7fc00001n, 0n);
    set(3, 0x7ff8000000000001n, 0n); set(4, 6n, -7n);
    show(5); console.log(get(4, 1));
    wasm['skiff:entry:0']();
    console.log(new Int32Array(wasm.memory.buffer, 0, 1)[0]);
  )");
  EXPECT_EQ(output,
            "fffffff0 fffffffffffffffb 7fc00001 7ff8000000000001 6\nfffffffffffffff9\n"
            "-16\n");
}

TEST(RewriteModule, TellsManyGlobalsApart) {
  constexpr int kCount = 1'000;
  std::string text = R"((module (memory (export "memory") 1) (func (export "_start")))";
  for (int i = 0; i < kCount; ++i)
    text += "(global (mut i32) (i32.const " + std::to_string(i) + "))";
  const Rewritten prepared = prepare(assemble(text + ")"), commandAbi());
  EXPECT_EQ(prepared.savedGlobals, 1'000u);
  EXPECT_EQ(runInstance(prepared, R"(
    let wrong = 0;
    for (let i = 0; i < 1000; ++i) if (wasm['skiff:get'](i, 0) !== BigInt(i)) ++wrong;
    for (let i = 0; i < 1000; ++i) wasm['skiff:set'](i, BigInt(3 * i), 0n);
    for (let i = 0; i < 1000; ++i) if (wasm['skiff:get'](i, 0) !== BigInt(3 * i)) ++wrong;
    console.log(wrong);
  )"),
            "0\n");
}

TEST(RewriteModule, FoldsTheResultOfAHandler) {
  const Rewritten prepared = prepare(assemble(R"((module
    (memory (export "memory") 1)
    (global $result (export "result") (mut i64) (i64.const 0))
    (global $sum (export "sum") (mut i32) (i32.const 0))
    (func (export "handle_request") (result i64) (global.get $result))
    (func (export "handle_response") (param i32 i32)
      (global.set $sum (i32.add (i32.mul (local.get 0) (i32.const 10)) (local.get 1))))))"),
                                     handlerAbi());
  EXPECT_THAT(prepared.entries, ElementsAre(true, true));
  EXPECT_EQ(runInstance(prepared, R"(
    for (const result of [0n, 1n, 0x700000001n, 0xfffffffe12345678n, -1n, 2n]) {
      wasm['skiff:set'](0, result, 0n);
      console.log(wasm['skiff:entry:0']());
    }
    wasm['skiff:entry:1'](4, 2);
    console.log(wasm.sum.value);
  )"),
            "0\n1\n15\n8589934588\n8589934591\n0\n42\n");
}

TEST(RewriteModule, RestoresOnlyInFrontOfTheFirstEntry) {
  const Rewritten prepared = prepare(assemble(R"((module
    (memory (export "memory") 1)
    (global $n (mut i32) (i32.const 0))
    (func $count (global.set $n (i32.add (global.get $n) (i32.const 1))))
    (func (export "handle_request") (result i64) (call $count) (i64.const 0))
    (func (export "handle_response") (param i32 i32) (call $count))))"),
                                     handlerAbi());
  EXPECT_EQ(runInstance(prepared, R"(
    wasm['skiff:save']();
    for (let i = 0; i < 3; ++i) {
      wasm['skiff:entry:0']();
      wasm['skiff:entry:1'](0, 0);
      console.log(wasm['skiff:get'](0, 0));
    }
  )"),
            "2n\n2n\n2n\n");
}

TEST(RewriteModule, TurnsTheStartSectionIntoAnExport) {
  const Rewritten prepared = prepare(assemble(R"((module
    (memory (export "memory") 1)
    (func $start (i32.store (i32.const 0) (i32.const 7)))
    (func (export "_start"))
    (start $start)))"),
                                     commandAbi());
  EXPECT_TRUE(prepared.hasStart);
  EXPECT_EQ(runInstance(prepared, R"(
    const cell = new Int32Array(wasm.memory.buffer, 0, 1);
    const before = cell[0];
    wasm['skiff:start']();
    console.log(before, cell[0]);
  )"),
            "0 7\n");
}

TEST(RewriteModule, ExportsNoStartWhereThereIsNone) {
  const Rewritten prepared = prepare(
      assemble(R"((module (memory (export "memory") 1) (func (export "_start"))))"), commandAbi());
  EXPECT_FALSE(prepared.hasStart);
  EXPECT_EQ(runInstance(prepared, "console.log(Object.keys(wasm).sort().join(' '));"),
            "_start memory skiff:entry:0 skiff:get skiff:save skiff:set\n");
}

TEST(RewriteModule, MakesGrowthFailAtTheLimit) {
  PrepareLimits limits;
  limits.memory = 320_KiB;  // five pages
  limits.tableElements = 100;
  const Rewritten prepared = prepare(assemble(R"((module
    (memory (export "memory") 2)
    (table (export "a") 10 funcref)
    (table (export "b") 20 50 funcref)
    (table (export "c") 0 1000 externref)
    (func (export "_start"))))"),
                                     commandAbi(), limits);
  EXPECT_EQ(runInstance(prepared, R"(
    const most = (thing) => { let n = 0; try { for (;;) { thing.grow(1); ++n; } } catch { return n; } };
    console.log(most(wasm.memory), most(wasm.a), most(wasm.b), most(wasm.c));
  )"),
            "3 23 23 23\n");
}

TEST(RewriteModule, KeepsALowerMaximum) {
  const Rewritten prepared = prepare(assemble(R"((module
    (memory (export "memory") 1 3)
    (table 1 2 funcref)
    (func (export "_start"))))"),
                                     commandAbi());
  const auto module = parseModule(prepared.bytes, 1_MiB);
  ASSERT_TRUE(module) << module.error().text();
  EXPECT_EQ(module->memories[0].maximum, 3u);
  EXPECT_EQ(module->tables[0].maximum, 2u);
}

TEST(RewriteModule, KeepsTheInitialValueOfATable) {
  // (table 2 (ref null func) (ref.func 0)) and one with 64-bit indices.
  const Bytes bytes = moduleOf(
      {section(1, {1, 0x60, 0, 0}), section(3, {1, 0}),
       section(4, {2, 0x40, 0, 0x63, 0x70, 0, 2, 0xd2, 0, 0x0b, 0x70, 4, 1}), section(5, {1, 0, 1}),
       section(7, {3,   6,   'm', 'e', 'm', 'o', 'r', 'y', 2,   0, 6, '_',
                   's', 't', 'a', 'r', 't', 0,   0,   1,   't', 1, 0}),
       section(10, {1, 2, 0, 0x0b})});
  const Rewritten prepared = prepare(bytes, commandAbi());
  EXPECT_EQ(runInstance(prepared, "console.log(typeof wasm.t.get(1), wasm.t.length);"),
            "function 2\n");
}

TEST(RewriteModule, SavesNothingOfAModuleThatCannotBeReset) {
  const Rewritten prepared = prepare(assemble(R"((module
    (memory (export "memory") 1)
    (table 1 funcref)
    (global $n (mut i32) (i32.const 5))
    (func (export "_start")
      (table.set 0 (i32.const 0) (ref.null func))
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.store (i32.const 0) (global.get $n)))))"),
                                     commandAbi());
  EXPECT_EQ(prepared.savedGlobals, 0u);
  EXPECT_EQ(runInstance(prepared, R"(
    wasm['skiff:save'](); wasm['skiff:set'](0, 0n, 0n);
    wasm['skiff:entry:0']();
    console.log(wasm['skiff:get'](0, 0), new Int32Array(wasm.memory.buffer, 0, 1)[0]);
  )"),
            "0n 6\n");
}

TEST(RewriteModule, KeepsCustomSectionsInTheirPlaces) {
  const Bytes bytes =
      moduleOf({section(0, {1, 'a'}), section(1, {1, 0x60, 0, 0}), section(0, {1, 'b', 7}),
                section(3, {1, 0}), section(5, {1, 0, 1}),
                section(7, {2, 6, 'm', 'e', 'm', 'o', 'r', 'y', 2, 0, 6, '_', 's', 't', 'a', 'r',
                            't', 0, 0}),
                section(8, {0}), section(12, {1}), section(0, {1, 'c'}),
                section(10, {1, 2, 0, 0x0b}), section(11, {1, 1, 1, 'x'}), section(0, {1, 'd'})});
  const Rewritten prepared = prepare(bytes, commandAbi());
  const auto module = parseModule(prepared.bytes, 1_MiB);
  ASSERT_TRUE(module) << module.error().text();
  std::vector<int> ids;
  for (const Section& part : module->sections) ids.push_back(part.id);
  EXPECT_THAT(ids, ElementsAre(0, 1, 0, 3, 5, 7, 12, 0, 10, 11, 0));
  EXPECT_EQ(engineError(prepared.bytes), "");
}

TEST(RewriteModule, AddsTheSectionsThatAModuleLacks) {
  // The entry point is an import that is exported again, so there is no function, global or code.
  Bytes bytes = assemble(R"((module
    (func (export "_start") (import "other" "nothing"))
    (memory (export "memory") 1)))");
  const Bytes custom = section(kCustomSection, {4, 'k', 'e', 'p', 't', 1, 2, 3});
  bytes.insert(bytes.end(), custom.begin(), custom.end());
  const Rewritten prepared = prepare(bytes, commandAbi());
  EXPECT_EQ(runInEngine(prepared.bytes, R"(
    let calls = 0;
    const imports = { other: { nothing: () => { ++calls; } } };
    const wasm = new WebAssembly.Instance(new WebAssembly.Module(modules[0]), imports).exports;
    wasm['skiff:entry:0']();
    console.log(calls, WebAssembly.Module.customSections(new WebAssembly.Module(modules[0]), 'kept').length);
  )"),
            "1 1\n");
  const auto module = parseModule(prepared.bytes, 1_MiB);
  ASSERT_TRUE(module) << module.error().text();
  EXPECT_EQ(module->sections.back().id, kCustomSection) << "custom sections stay at the end";
}

TEST(RewriteModule, LeavesOutWhatOnlyDebuggersRead) {
  Bytes bytes = assemble(R"((module (memory (export "memory") 1) (func $f (export "_start"))))");
  const Bytes debug =
      section(kCustomSection, {11, '.', 'd', 'e', 'b', 'u', 'g', '_', 'l', 'i', 'n', 'e', 1, 2, 3});
  bytes.insert(bytes.end(), debug.begin(), debug.end());
  const auto original = parseModule(bytes, 1_MiB);
  ASSERT_TRUE(original) << original.error().text();
  EXPECT_FALSE(findCustomSection(bytes, *original, "name").empty());
  const Rewritten prepared = prepare(bytes, commandAbi());
  const auto module = parseModule(prepared.bytes, 1_MiB);
  ASSERT_TRUE(module) << module.error().text();
  for (const Section& section : module->sections) EXPECT_NE(section.id, kCustomSection);
}

TEST(RewriteModule, CanBePreparedOnlyOnce) {
  const Rewritten prepared = prepare(
      assemble(R"((module (memory (export "memory") 1) (func (export "_start"))))"), commandAbi());
  const auto module = parseModule(prepared.bytes, 1_MiB);
  ASSERT_TRUE(module) << module.error().text();
  EXPECT_FALSE(checkModule(*module, testModules(), commandAbi(), {}));
}

TEST(RewriteModule, RefusesAnEntryOfAnotherSignature) {
  const Bytes bytes = assemble(R"((module (func (export "_start") (param i32))))");
  const auto module = parseModule(bytes, 1_MiB);
  ASSERT_TRUE(module) << module.error().text();
  EXPECT_FALSE(rewriteModule(bytes, *module, commandAbi(), {}));
}

}  // namespace
}  // namespace skiff::wasm
