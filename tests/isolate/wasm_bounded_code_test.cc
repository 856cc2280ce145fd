// Instructions that run for long are cut into pieces, and do exactly what they did.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/instruction_scanner.h"
#include "isolate/wasm/rewrite.h"
#include "isolate/wasm/writer.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

using testing::HasSubstr;

Rewritten rewrite(const Bytes& bytes) {
  const auto module = parseModule(bytes, 1_MiB);
  EXPECT_TRUE(module) << module.error().text();
  if (!module) return {};
  auto rewritten = rewriteModule(bytes, *module, commandAbi(), {});
  EXPECT_TRUE(rewritten) << rewritten.error().text();
  return rewritten ? std::move(*rewritten) : Rewritten{};
}

struct Placed {
  Instruction instruction;
  std::uint32_t offset;
};

/// The instructions of a module's first function, but for loops' ends.
std::vector<Placed> instructionsOf(const Bytes& bytes) {
  const auto module = parseModule(bytes, 1_MiB);
  EXPECT_TRUE(module) << module.error().text();
  if (!module) return {};
  const auto code = std::find_if(module->sections.begin(), module->sections.end(),
                                 [](const Section& section) { return section.id == kCodeSection; });
  Reader reader(bytes, code->bodyOffset, code->bodyOffset + code->bodySize, {});
  reader.readU32("a count");
  const std::size_t size = reader.readU32("a size");
  Reader body(bytes, reader.offset(), reader.offset() + size, {});
  skipLocals(body);
  std::vector<Placed> placed;
  while (!body.atEnd()) {
    const auto offset = static_cast<std::uint32_t>(body.offset());
    const Instruction instruction = readInstruction(body);
    const bool isEnd = instruction.prefix == 0 && instruction.opcode == kEnd;
    if (!isEnd) placed.push_back({instruction, offset});
  }
  return placed;
}

std::string nameOf(const Instruction& instruction) {
  const std::string number = std::to_string(instruction.immediates[0]);
  if (instruction.prefix == kMiscPrefix) {
    constexpr const char* kNames[] = {"memory.init", "data.drop", "memory.copy", "memory.fill",
                                      "table.init",  "elem.drop", "table.copy",  "table.grow",
                                      "table.size",  "table.fill"};
    return kNames[instruction.opcode - kMemoryInit];
  }
  if (instruction.prefix != 0) return "atomic";
  switch (instruction.opcode) {
    case kBlock:
      return "block";
    case kLoop:
      return "check";  // an empty one
    case kCall:
      return "call " + number;
    case kReturnCall:
      return "return_call";
    case kThrow:
      return "throw";
    case kTableSet:
      return "table.set";
    case kTableGet:
      return "table.get";
    case kMemoryGrow:
      return "memory.grow";
    case kRefFunc:
      return "ref.func";
    default:
      return {};  // constants and the like
  }
}

std::string outline(const Bytes& bytes) {
  std::string text;
  for (const Placed& placed : instructionsOf(bytes)) {
    const std::string name = nameOf(placed.instruction);
    if (!name.empty()) text += name + "; ";
  }
  return text;
}

TEST(BoundedCode, ReplacesWhatRunsLongAndLeavesTheRest) {
  const struct {
    const char* name;
    const char* body;
    const char* after;  ///< helpers are numbered from 2
  } cases[] = {
      {"a long fill", "(memory.fill (i32.const 0) (i32.const 0) (i32.const 257))", "call 2; "},
      {"a short fill", "(memory.fill (i32.const 0) (i32.const 0) (i32.const 256))",
       "memory.fill; "},
      {"a fill of unknown length", "(memory.fill (i32.const 0) (i32.const 0) (call $n))",
       "call 1; call 2; "},
      {"a fill whose length only looks negative",
       "(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))", "call 2; "},
      {"a constant that belongs to a block",
       "(block (result i32) (i32.const 8)) (block (param i32) (drop))"
       "(i32.const 0) (i32.const 0) (call $n) (memory.fill)",
       "block; block; call 1; call 2; "},
      {"the same helper again",
       "(memory.fill (i32.const 0) (i32.const 0) (call $n))"
       "(memory.fill (i32.const 0) (i32.const 0) (call $n))",
       "call 1; call 2; call 1; call 2; "},
      {"a long copy", "(memory.copy (i32.const 0) (i32.const 0) (i32.const 9999))", "call 2; "},
      {"a short copy", "(memory.copy (i32.const 0) (i32.const 0) (i32.const 8))", "memory.copy; "},
      {"a short segment", "(memory.init $short (i32.const 0) (i32.const 0) (call $n))",
       "call 1; memory.init; "},
      {"a long segment", "(memory.init $long (i32.const 0) (i32.const 0) (call $n))",
       "call 1; call 2; "},
      {"a short piece of a long segment",
       "(memory.init $long (i32.const 0) (i32.const 0) (i32.const 5))", "memory.init; "},
      {"an active segment, which is gone",
       "(memory.init $active (i32.const 0) (i32.const 0) (call $n))", "call 1; memory.init; "},
      {"a drop", "(data.drop $long)", "data.drop; "},
      {"growing memory", "(drop (memory.grow (i32.const 0)))", "call 2; "},
      {"growing a table", "(drop (table.grow $big (ref.null func) (i32.const 0)))",
       "check; table.grow; "},
      {"setting an element", "(table.set $big (i32.const 0) (ref.null func))",
       "check; table.set; "},
      {"getting an element", "(drop (table.get $big (i32.const 0)))", "check; table.get; "},
      {"a function's reference", "(drop (ref.func $n))", "check; ref.func; "},
      {"a large table", "(table.fill $big (i32.const 0) (ref.null func) (i32.const 1))",
       "call 2; "},
      {"a small table", "(table.fill $small (i32.const 0) (ref.null extern) (i32.const 1))",
       "check; table.fill; "},
      {"a copy of a large table",
       "(table.copy $big $big (i32.const 0) (i32.const 0) (i32.const 1))", "call 2; "},
      {"a small element segment",
       "(table.init $big $few (i32.const 0) (i32.const 0) (i32.const 1))", "check; table.init; "},
      {"a tail call", "(return_call 0)", "check; return_call; "},
      {"throwing", "(throw $oops)", "check; throw; "},
      {"notifying", "(drop (memory.atomic.notify (i32.const 0) (i32.const 0)))", "check; atomic; "},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const Bytes original = assemble(std::string(R"((module
      (memory (export "memory") 1)
      (table $big 1000 1000 funcref)
      (table $small 10 10 externref)
      (tag $oops)
      (func (export "_start") )") + test.body +
                                    R"()
      (func $n (result i32) (i32.const 0))
      (elem $few func $n)
      (data $short ")" + std::string(256, 's') +
                                    R"(")
      (data $long ")" + std::string(257, 'l') +
                                    R"(")
      (data $active (i32.const 0) ")" +
                                    std::string(300, 'a') + R"(")))");
    const Rewritten rewritten = rewrite(original);
    EXPECT_EQ(outline(rewritten.bytes), test.after);
    EXPECT_EQ(engineError(rewritten.bytes), "");
  }
}

TEST(BoundedCode, PutsACallExactlyInTheInstructionsPlace) {
  const Bytes original = assemble(R"((module
    (memory (export "memory") 1)
    (func (export "_start")
      (memory.copy (i32.const 0) (i32.const 0) (i32.const 999))
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 999))
      (i32.store (i32.const 0) (i32.const 1)))))");
  const Rewritten rewritten = rewrite(original);
  EXPECT_EQ(rewritten.offsets.stretches(), 2u) << "the module's code, and what is appended";
}

TEST(BoundedCode, SaysWhereEachInstructionWas) {
  const Bytes original = assemble(R"((module
    (memory (export "memory") 1)
    (func (export "_start")
      (drop (memory.grow (i32.const 1)))
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 999))
      (drop (memory.grow (i32.const 1)))
      (unreachable))
    (func (unreachable))))");
  const Rewritten rewritten = rewrite(original);
  EXPECT_EQ(outline(rewritten.bytes), "call 2; call 3; call 2; ");
  std::vector<Placed> after;
  for (const Placed& placed : instructionsOf(rewritten.bytes)) {
    if (placed.instruction.opcode == kLoop) {
      EXPECT_EQ(rewritten.offsets.original(placed.offset), std::nullopt);
    } else {
      after.push_back(placed);
    }
  }
  const std::vector<Placed> before = instructionsOf(original);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(rewritten.offsets.original(after[i].offset), before[i].offset) << i;
  }
}

TEST(BoundedCode, AsksBeforeMemoryGrows) {
  const Rewritten rewritten = rewrite(assemble(R"((module
    (memory (export "memory") 1 5)
    (func (export "_start"))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
  )"));
  EXPECT_TRUE(rewritten.grows);
  // The host is a function of WebAssembly here as well: it takes what it was asked from its memory.
  const Bytes host = assemble(R"((module
    (global $asked (export "asked") (mut i32) (i32.const -1))
    (global $failed (export "failed") (mut i32) (i32.const 0))
    (global $answer (export "answer") (mut i32) (i32.const 1))
    (func (export "may_grow") (param i32) (result i32)
      (if (i32.lt_s (local.get 0) (i32.const 0))
        (then (global.set $failed (i32.and (local.get 0) (i32.const 0x7fffffff))))
        (else (global.set $asked (local.get 0))))
      (global.get $answer))))");
  const std::vector<Bytes> modules{rewritten.bytes, host};
  EXPECT_EQ(runInEngine(modules, R"(
    const [guest, host] = modules.map((bytes) => new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports);
    guest['skiff:may-grow'].value = host.may_grow;
    console.log(guest.grow(0), host.asked.value);
    console.log(guest.grow(2), host.asked.value);
    console.log(guest.grow(3), host.asked.value, host.failed.value, guest.grow(0));
    host.answer.value = 0;
    console.log(guest.grow(1), host.asked.value, guest.grow(0));
    host.failed.value = 0;
    console.log(guest.grow(0x80000001), guest.grow(65537), guest.grow(-1), host.asked.value, host.failed.value);
  )"),
            "1 -1\n1 2\n-1 3 3 3\n-1 1 3\n-1 -1 -1 1 0\n");
  EXPECT_FALSE(
      rewrite(assemble(R"((module (memory (export "memory") 1) (func (export "_start"))))")).grows);
}

TEST(BoundedCode, DropsAnnotationsOfInstructionsThatMoved) {
  const auto annotated = [](const Bytes& instructions) {
    Writer code;
    code.unsignedNumber(1);
    code.unsignedNumber(instructions.size() + 2);
    code.byte(0);
    code.bytes(instructions);
    code.byte(kEnd);
    Writer hints;
    hints.name("metadata.code.branch_hint");
    hints.unsignedNumber(0);
    return moduleOf({section(1, {1, 0x60, 0, 0}), section(3, {1, 0}), section(5, {1, 0, 1}),
                     section(7, {1, 6, '_', 's', 't', 'a', 'r', 't', 0, 0}),
                     section(0, hints.take()), section(10, code.take())});
  };
  const auto customSections = [](const Rewritten& rewritten) {
    const auto module = parseModule(rewritten.bytes, 1_MiB);
    EXPECT_TRUE(module);
    return std::count_if(module->sections.begin(), module->sections.end(),
                         [](const Section& part) { return part.id == kCustomSection; });
  };
  EXPECT_EQ(customSections(rewrite(annotated({0x01}))), 1);
  EXPECT_EQ(customSections(rewrite(annotated({0x41, 0, 0x40, 0, 0x1a}))), 0);
}

TEST(BoundedCode, RefusesInstructionsThatItDoesNotKnow) {
  const Bytes bytes = moduleOf({section(1, {1, 0x60, 0, 0}), section(3, {1, 0}),
                                section(10, {1, 5, 0, 0x01, 0xe0, 0x00, 0x0b})});
  const auto module = parseModule(bytes, 1_MiB);
  ASSERT_TRUE(module);
  const auto rewritten = rewriteModule(bytes, *module, commandAbi(), {});
  ASSERT_FALSE(rewritten);
  EXPECT_THAT(rewritten.error().text(),
              HasSubstr("function 0 has an instruction that skiff does not know (code section, "
                        "offset 0x18)"));
}

TEST(BoundedCode, KeepsToTheTypesOfTables) {
  // A table of typed, nullable references with 64-bit indices.
  const Bytes bytes = moduleOf(
      {section(1, {2, 0x60, 0, 0, 0x60, 2, 0x7e, 0x7e, 0}), section(3, {2, 0, 1}),
       section(4, {1, 0x63, 0, 4, 0x90, 0x4e}),  // 10,000 elements
       section(5, {1, 0, 1}),
       section(7, {3, 6, '_', 's', 't', 'a', 'r', 't', 0, 0, 1, 't', 1, 0, 1, 'f', 0, 1}),
       section(9, {1, 3, 0, 1, 0}),
       section(10, {2, 2, 0, 0x0b, 11, 0, 0x20, 0, 0xd2, 0, 0x20, 1, 0xfc, 0x11, 0, 0x0b})});
  const Rewritten rewritten = rewrite(bytes);
  EXPECT_EQ(runInEngine(rewritten.bytes, R"(
    const wasm = new WebAssembly.Instance(new WebAssembly.Module(modules[0])).exports;
    const trap = (d, n) => { try { wasm.f(d, n); } catch (error) { return error.message; } };
    const count = () => { let n = 0; for (let i = 0n; i < 10000n; ++i) n += wasm.t.get(i) !== null; return n; };
    console.log(trap(1n, 10000n), count());
    console.log(trap(-1n, 5000n), trap(5000n, -1n), count());
    console.log(trap(10n, 5000n), count(), wasm.t.get(9n), typeof wasm.t.get(5009n));
  )"),
            "table index is out of bounds 0\n"
            "table index is out of bounds table index is out of bounds 0\n"
            "undefined 5000 null function\n");
}

/// What both modules do, the original and the rewritten one, and a third in JavaScript.
constexpr std::string_view kBulk = R"((module
  (memory (export "memory") 6 8)
  (table $t (export "t") 2000 2000 externref)
  (table $u (export "u") 1500 1500 externref)
  (table $f (export "f") 900 900 funcref)
  (func (export "_start"))
  (func (export "fill") (param i32 i32 i32)
    (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32)
    (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32)
    (memory.init $data (local.get 0) (local.get 1) (local.get 2)))
  (func (export "drop") (data.drop $data))
  (func (export "grow") (drop (memory.grow (i32.const 1))))
  (func (export "table_fill") (param i32 externref i32)
    (table.fill $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table_copy") (param i32 i32 i32)
    (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table_move") (param i32 i32 i32)
    (table.copy $u $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table_init") (param i32 i32 i32)
    (table.init $f $functions (local.get 0) (local.get 1) (local.get 2)))
  (func (export "elem_drop") (elem.drop $functions))
  (func $a) (func $b)
)";

std::string bulkModule() {
  std::string text(kBulk);
  text += "(elem $functions func";
  for (int i = 0; i < 700; ++i) text += i % 3 == 0 ? " $a" : " $b";
  text += ") (data $data \"";
  for (int i = 0; i < 150'000; ++i) text += static_cast<char>('a' + i * 7 % 26);
  return text + "\"))";
}

/// run(name, calls...): makes the calls on a fresh instance of each, and prints what differs.
/// expect(outcome, ...): also that the last call of the original ends so.
constexpr std::string_view kCompare = R"(
  require('v8').setFlagsFromString('--no-wasm-deopt');
  require('v8').setFlagsFromString('--no-liftoff');
  const compiled = modules.map((bytes) => new WebAssembly.Module(bytes));
  let checked = 0;
  // (func (export "f") (param i32) (result i32) (i32.const 1)): memory may grow.
  const mayGrow = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(
    [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0,
     10, 6, 1, 4, 0, 65, 1, 11]))).exports.f;
  function fresh(module) {
    const wasm = new WebAssembly.Instance(module).exports;
    if (wasm['skiff:may-grow']) wasm['skiff:may-grow'].value = mayGrow;
    const words = new Uint32Array(wasm.memory.buffer);
    let state = 12345;
    for (let i = 0; i < words.length; ++i) words[i] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    for (let i = 0; i < wasm.t.length; ++i) wasm.t.set(i, i);
    return wasm;
  }
  const elements = (table) => Array.from({ length: table.length }, (_, i) => table.get(i));
  function outcome(module, calls) {
    const wasm = fresh(module);
    const ends = calls.map(([name, ...operands]) => {
      try { wasm[name](...operands); return 'done'; } catch (error) { return error.constructor.name + ': ' + error.message; }
    });
    return { ends, memory: Buffer.from(wasm.memory.buffer), t: elements(wasm.t), u: elements(wasm.u),
             f: elements(wasm.f).map((f) => f && f.name) };
  }
  /// What the specification says of memory and the externref tables, without the engine.
  function model(calls) {
    const wasm = fresh(compiled[0]);
    const bytes = new Uint8Array(wasm.memory.buffer.slice(0)), t = elements(wasm.t), u = elements(wasm.u);
    let data = 150000;
    const outside = (...ranges) => ranges.some(([at, n, size]) => (at >>> 0) + (n >>> 0) > size);
    for (const [name, a, b, c] of calls) {
      const [d, s, n] = [a >>> 0, b >>> 0, c >>> 0];
      if (name === 'drop') data = 0;
      if (name === 'fill' && !outside([d, n, bytes.length])) bytes.fill(b, d, d + n);
      if (name === 'copy' && !outside([d, n, bytes.length], [s, n, bytes.length])) bytes.copyWithin(d, s, s + n);
      if (name === 'init' && !outside([d, n, bytes.length], [s, n, data])) {
        for (let i = 0; i < n; ++i) bytes[d + i] = 97 + (s + i) * 7 % 26;
      }
      if (name === 'table_fill' && !outside([d, n, 2000])) t.fill(b, d, d + n);
      if (name === 'table_copy' && !outside([d, n, 2000], [s, n, 2000])) t.copyWithin(d, s, s + n);
      if (name === 'table_move' && !outside([d, n, 1500], [s, n, 2000])) for (let i = 0; i < n; ++i) u[d + i] = t[s + i];
    }
    return { memory: Buffer.from(bytes), t, u };
  }
  function run(...calls) {
    const [a, b] = compiled.map((module) => outcome(module, calls));
    const m = calls.some(([name]) => name === 'grow') ? a : model(calls);
    const same = (x, y) => x.length === y.length && x.every((value, i) => value === y[i]);
    const bad = [];
    if (!same(a.ends, b.ends)) bad.push(`it ends as ${b.ends}, not as ${a.ends}`);
    if (!a.memory.equals(b.memory)) bad.push('memory differs');
    if (!m.memory.equals(b.memory)) bad.push('memory is not as specified');
    for (const table of ['t', 'u', 'f']) if (!same(a[table], b[table])) bad.push(`table ${table} differs`);
    for (const table of ['t', 'u']) if (!same(m[table], b[table])) bad.push(`table ${table} is not as specified`);
    if (bad.length > 0) console.log(JSON.stringify(calls), bad.join(', '));
    ++checked;
    return a.ends.at(-1);
  }
  function expect(end, ...calls) {
    const was = run(...calls);
    if (!was.endsWith(end)) console.log(JSON.stringify(calls), `ends as ${was}, not as ${end}`);
  }
)";

std::string compare(std::string_view script) {
  static const std::vector<Bytes> kModules = [] {
    const Bytes original = assemble(bulkModule());
    return std::vector<Bytes>{original, rewrite(original).bytes};
  }();
  return runInEngine(kModules, std::string(kCompare).append(script));
}

TEST(BoundedCode, DoesWhatTheInstructionDid) {
  EXPECT_EQ(compare(R"(
    const memory = 6 * 65536, K = 65536, outside = 'memory access out of bounds';
    // Nothing, at and behind the boundary.
    for (const name of ['fill', 'copy']) {
      expect('done', [name, 0, 0, 0]);
      expect('done', [name, memory, 0, 0]);
      expect(outside, [name, memory + 1, 0, 0]);
      expect(outside, [name, -1, 0, 0]);
      // All of it; one more; lengths that wrap around.
      expect('done', [name, 0, 0, memory]);
      expect(outside, [name, 1, 0, memory]);
      expect(outside, [name, 0, 0, memory + 1]);
      expect(outside, [name, 100, 0, -100]);
      expect(outside, [name, -K, 0, 2 * K]);
      expect(outside, [name, 5, 0, -1]);
    }
    expect('done', ['copy', 0, memory, 0]);
    expect(outside, ['copy', 0, memory + 1, 0]);
    expect(outside, ['copy', 0, K, memory - K + 1]);
    expect(outside, ['copy', 0, -5, 5 * K]);
    // Around the size of a piece.
    for (const pieces of [1, 2, 3]) for (const more of [-1, 0, 1]) {
      expect('done', ['fill', 7, 0x1ff, pieces * K + more]);
      for (const by of [0, 1, 255, K - 1, K, K + 1]) {
        expect('done', ['copy', 9 + by, 9, pieces * K + more]);
        expect('done', ['copy', 9, 9 + by, pieces * K + more]);
      }
    }
    // Segments: their end, dropped ones, and what is outside of both.
    expect('done', ['init', 0, 0, 150000]);
    expect('done', ['init', memory - 150000, 0, 150000]);
    expect('done', ['init', 3, 49, 149951]);
    expect('done', ['init', memory, 150000, 0]);
    expect(outside, ['init', 0, 150001, 0]);
    expect(outside, ['init', 0, 1, 150000]);
    expect(outside, ['init', memory - 149999, 0, 150000]);
    expect(outside, ['init', 0, -1, 2]);
    expect(outside, ['init', 0, 0, -1]);
    expect('done', ['drop'], ['init', 5, 0, 0]);
    expect(outside, ['drop'], ['init', 5, 0, 1]);
    expect(outside, ['drop'], ['init', 5, 0, 150000]);
    // Memory that grew.
    expect('done', ['grow'], ['fill', memory, 1, K]);
    expect('done', ['grow'], ['copy', K, 0, memory]);
    expect(outside, ['grow'], ['fill', memory, 1, K + 1]);
    console.log(checked > 100);
  )"),
            "true\n");
}

TEST(BoundedCode, DoesWhatTheInstructionDidToTables) {
  EXPECT_EQ(compare(R"(
    const outside = 'table index is out of bounds';
    for (const [d, n, end] of [[0, 0, 'done'], [2000, 0, 'done'], [2001, 0, outside], [0, 2000, 'done'],
                               [1, 2000, outside], [-1, 2, outside], [10, -10, outside], [3, 256, 'done'],
                               [3, 257, 'done'], [3, 1024, 'done'], [1743, 257, 'done'], [1744, 257, outside]]) {
      expect(end, ['table_fill', d, 'x', n]);
      expect(end, ['table_copy', d, 0, n]);
      expect(end, ['table_copy', 0, d, n]);
    }
    for (const n of [255, 256, 257, 511, 512, 513, 1000]) for (const by of [1, 2, 255, 256, 257]) {
      expect('done', ['table_copy', 5, 5 + by, n]);
      expect('done', ['table_copy', 5 + by, 5, n]);
    }
    expect('done', ['table_move', 0, 500, 1500]);
    expect(outside, ['table_move', 1, 500, 1500]);
    expect(outside, ['table_move', 0, 501, 1500]);
    expect('done', ['table_init', 200, 0, 700]);
    expect('done', ['table_init', 3, 1, 600]);
    expect('done', ['table_init', 900, 700, 0]);
    expect(outside, ['table_init', 201, 0, 700]);
    for (const calls of [[['table_init', 0, 1, 700]], [['table_init', 0, 701, 0]],
                         [['elem_drop'], ['table_init', 0, 0, 700]], [['elem_drop'], ['table_init', 0, 0, 1]]]) {
      expect('element segment out of bounds', ...calls);
    }
    expect('done', ['elem_drop'], ['table_init', 0, 0, 0]);
    console.log(checked > 50);
  )"),
            "true\n");
}

TEST(BoundedCode, DoesWhatTheInstructionDidWhateverItsOperands) {
  EXPECT_EQ(compare(R"(
    let state = 2463534242;
    const random = (n) => { state ^= state << 13; state ^= state >>> 17; state ^= state << 5; return (state >>> 0) % n; };
    const near = [0, 256, 65536, 131072, 150000, 196608, 327680, 393216, -65536, -1];
    const operand = () => random(3) === 0 ? random(400000) : near[random(near.length)] + random(9) - 4;
    const element = () => random(3) === 0 ? random(2100) : [0, 256, 512, 700, 900, 1500, 2000, -1][random(8)] + random(5) - 2;
    let done = 0, trapped = 0;
    for (let round = 0; round < 400; ++round) {
      const calls = Array.from({ length: 1 + random(3) }, () => {
        const name = ['fill', 'copy', 'copy', 'init', 'table_fill', 'table_copy', 'table_move', 'table_init'][random(8)];
        const any = name.startsWith('table') ? element : operand;
        return [name, any(), any(), any()];
      });
      if (random(9) === 0) calls.unshift([random(2) === 0 ? 'drop' : 'elem_drop']);
      if (run(...calls) === 'done') ++done; else ++trapped;
    }
    console.log(done > 80, trapped > 80);
  )"),
            "true true\n");
}

}  // namespace
}  // namespace skiff::wasm
