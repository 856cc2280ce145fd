#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "isolate/wasm/instruction_scanner.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

/// How many bytes the instruction at the front takes.
struct Scanned {
  Effect effect;
  std::size_t size;
};

Scanned scan(const Bytes& bytes) {
  Reader reader(bytes, 0, bytes.size(), "code section");
  const Instruction instruction = readInstruction(reader);
  return {instruction.effect, reader.offset()};
}

/// Asks the engine how long the immediates of each opcode are: in front of a byte that is no opcode
/// stand ever more bytes, until it is that byte which the engine names as invalid. Prints for each
/// opcode that it knows "OPCODE BYTES" and the length, or "?" where another rule strikes first.
constexpr std::string_view kMeasureImmediates = R"(
  const prefix = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    1, 4, 1, 0x60, 0, 0,           // type 0: () -> ()
    3, 2, 1, 0,                    // function 0
    4, 4, 1, 0x70, 0, 1,           // table 0
    5, 3, 1, 0, 1,                 // memory 0
    13, 3, 1, 0, 0,                // tag 0
    6, 6, 1, 0x7f, 1, 0x41, 0, 0xb,  // global 0: mutable i32
    9, 5, 1, 3, 0, 1, 0,           // element segment 0: declares function 0
    12, 1, 1];                     // one data segment
  const suffix = [11, 3, 1, 1, 0];
  function verdict(code) {
    const body = [1, 1, 0x7f, 0, ...code];  // one local; unreachable
    const module = [...prefix, 10, body.length + 2, 1, body.length, ...body, ...suffix];
    const start = prefix.length + 8;
    try { new WebAssembly.Module(new Uint8Array(module)); } catch (error) {
      const match = /invalid opcode (0x[0-9a-f]+).*@\+(\d+)/i.exec(error.message);
      if (match) return { at: Number(match[2]) - start };
      return { message: error.message };
    }
    return {};
  }
  function measure(opcode) {
    let known = false;
    // Atomics want their alignment exact, so the first immediate is tried as 0 to 4.
    for (const first of [0, 1, 2, 3, 4]) {
      for (let length = 0; length <= 18; ++length) {
        const filler = length === 0 ? [] : [first, ...Array(length - 1).fill(0)];
        const answer = verdict([...opcode, ...filler, 0xff, 0x0b]);
        if (answer.at === opcode.length + length) return `${first} ${length}`;
        if (answer.at === 0 || /invalid .* opcode|numeric index/i.test(answer.message)) continue;
        known = true;
      }
    }
    return known ? '?' : undefined;
  }
  function leb(n) { const out = []; do { out.push((n & 0x7f) | (n > 0x7f ? 0x80 : 0)); n >>= 7; } while (n); return out; }
  const opcodes = [];
  // From 0xfa on there are prefixes; that one is the engine's own, for asm.js.
  for (let i = 0; i < 0xfa; ++i) opcodes.push([i]);
  for (let i = 0; i < 0x30; ++i) opcodes.push([0xfc, ...leb(i)]);
  for (let i = 0; i < 0x140; ++i) opcodes.push([0xfd, ...leb(i)]);
  for (let i = 0; i < 0x80; ++i) opcodes.push([0xfe, ...leb(i)]);
  for (const opcode of opcodes) {
    const found = measure(opcode);
    if (found) console.log(opcode.join(','), found);
  }
)";

Bytes parseBytes(const std::string& text) {
  Bytes bytes;
  std::istringstream stream(text);
  for (std::string number; std::getline(stream, number, ',');) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(number)));
  }
  return bytes;
}

TEST(InstructionScanner, ReadsImmediatesAsLongAsTheEngineDoes) {
  std::istringstream lines(runInEngine(std::span<const Bytes>{}, kMeasureImmediates));
  std::set<std::string> unmeasured;
  std::size_t measured = 0;
  for (std::string line; std::getline(lines, line);) {
    SCOPED_TRACE(line);
    std::istringstream fields(line);
    std::string opcodeText, first;
    fields >> opcodeText >> first;
    if (first == "?") {
      unmeasured.insert(opcodeText);
      continue;
    }
    std::size_t length = 0;
    fields >> length;
    Bytes bytes = parseBytes(opcodeText);
    const std::size_t expected = bytes.size() + length;
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(first)));
    bytes.resize(bytes.size() + 24);
    const Scanned scanned = scan(bytes);
    EXPECT_NE(scanned.effect, Effect::unknown);
    EXPECT_EQ(scanned.size, expected);
    ++measured;
  }
  // Fewer would mean that the question no longer works with this engine.
  EXPECT_GT(measured, 450u);
  // Those that cannot stand after `unreachable` with such immediates: else, catch, rethrow, end,
  // delegate, catch_all, select with types.
  EXPECT_EQ(unmeasured, (std::set<std::string>{"5", "7", "9", "11", "24", "25", "28"}));
}

struct Case {
  const char* name;
  Bytes bytes;
  Effect effect;
  std::size_t size;  ///< 0: of no matter
};

TEST(InstructionScanner, ReadsWhatTheEngineCannotBeAskedAbout) {
  const Case cases[] = {
      {"else", {0x05}, Effect::resettable, 1},
      {"catch", {0x07, 0x80, 0x01}, Effect::resettable, 3},
      {"rethrow", {0x09, 0x03}, Effect::resettable, 2},
      {"end", {0x0b}, Effect::resettable, 1},
      {"delegate", {0x18, 0x01}, Effect::resettable, 2},
      {"catch_all", {0x19}, Effect::resettable, 1},
      {"select with a reference type", {0x1c, 0x01, 0x64, 0x80, 0x01}, Effect::resettable, 5},
      {"br_table", {0x0e, 0x02, 0x01, 0x80, 0x01, 0x00}, Effect::resettable, 6},
      {"block with value type", {0x02, 0x7b}, Effect::resettable, 2},
      {"block with a typed reference", {0x02, 0x63, 0x70}, Effect::resettable, 3},
      {"block with a large type index", {0x02, 0xff, 0x01}, Effect::resettable, 3},
      {"try_table with all kinds of catches",
       {0x1f, 0x40, 0x04, 0x00, 0x01, 0x02, 0x01, 0x01, 0x02, 0x02, 0x03, 0x03, 0x04},
       Effect::resettable,
       13},
      {"load from another memory", {0x28, 0x42, 0x01, 0x80, 0x01}, Effect::resettable, 5},
      {"lane load", {0xfd, 0x54, 0x00, 0x05, 0x0f}, Effect::resettable, 5},
      {"relaxed SIMD", {0xfd, 0x80, 0x02}, Effect::resettable, 3},
      {"ref.null of a type index", {0xd0, 0x80, 0x01}, Effect::resettable, 3},
      {"opcode in more bytes than needed", {0xfc, 0x8a, 0x00, 0x00, 0x00}, Effect::resettable, 5},
      {"table.get", {0x25, 0x00}, Effect::resettable, 2},
      {"table.size", {0xfc, 0x10, 0x00}, Effect::resettable, 3},
      {"table.set", {0x26, 0x00}, Effect::writesTable, 2},
      {"table.init", {0xfc, 0x0c, 0x00, 0x00}, Effect::writesTable, 4},
      {"table.copy", {0xfc, 0x0e, 0x00, 0x00}, Effect::writesTable, 4},
      {"table.grow", {0xfc, 0x0f, 0x00}, Effect::writesTable, 3},
      {"table.fill", {0xfc, 0x11, 0x00}, Effect::writesTable, 3},
      {"table.set in more bytes than needed",
       {0xfc, 0x91, 0x80, 0x00, 0x00},
       Effect::writesTable,
       5},
      {"data.drop", {0xfc, 0x09, 0x00}, Effect::dropsSegment, 3},
      {"elem.drop", {0xfc, 0x0d, 0x00}, Effect::dropsSegment, 3},
      {"struct.new", {0xfb, 0x00, 0x00}, Effect::collected, 0},
      {"no opcode", {0xff}, Effect::unknown, 0},
      {"stack switching", {0xe0, 0x00}, Effect::unknown, 0},
      {"half-precision SIMD", {0xfd, 0x80, 0x03}, Effect::unknown, 0},
      {"unassigned SIMD", {0xfd, 0x9a, 0x01}, Effect::unknown, 0},
      {"unassigned atomic", {0xfe, 0x4f, 0x02, 0x00}, Effect::unknown, 0},
      {"alignment with an unassigned flag", {0x28, 0x20, 0x00}, Effect::unknown, 0},
      {"block with an unknown type", {0x02, 0x41}, Effect::unknown, 0},
      {"cut immediate", {0x41, 0x80}, Effect::unknown, 0},
      {"cut br_table", {0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f}, Effect::unknown, 0},
      {"too long a number", {0x20, 0x80, 0x80, 0x80, 0x80, 0x10}, Effect::unknown, 0},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    Bytes bytes = test.bytes;
    const bool whole = test.size == bytes.size();
    if (whole) bytes.push_back(0x01);  // one that must not be taken too
    const Scanned scanned = scan(bytes);
    EXPECT_EQ(scanned.effect, test.effect);
    if (whole) {
      EXPECT_EQ(scanned.size, test.size);
    }
  }
}

TEST(InstructionScanner, NamesTheFunctionAndTheInstruction) {
  const Bytes body = {0x01, 0x02, 0x7f, 0x41, 0x00, 0xd0, 0x70, 0x26, 0x00, 0x0b};
  Reader reader(body, 0, body.size(), "code section");
  EXPECT_EQ(findUnresettable(reader, 12), "function 12 writes a table (table.set at offset 0x7)");
}

TEST(InstructionScanner, IsNotFooledByOpcodesInsideImmediates) {
  // 0x26 as a constant, as an offset, in br_table, in v128.const and in f64.const.
  const Bytes body = {0x00, 0x41, 0x26, 0x28, 0x02, 0x26, 0x0e, 0x01, 0x26, 0x26, 0x44, 0x26, 0x26,
                      0x26, 0x26, 0x26, 0x26, 0x26, 0x26, 0xfd, 0x0c, 0x26, 0x26, 0x26, 0x26, 0x26,
                      0x26, 0x26, 0x26, 0x26, 0x26, 0x26, 0x26, 0x26, 0x26, 0x26, 0x26, 0x0b};
  Reader reader(body, 0, body.size(), "code section");
  EXPECT_EQ(findUnresettable(reader, 0), std::nullopt);
}

}  // namespace
}  // namespace skiff::wasm
