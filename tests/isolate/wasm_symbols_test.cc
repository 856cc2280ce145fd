// What a module's author is told of a place in it: names, lines, and how hostile ones are held.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isolate/wasm/binary.h"
#include "isolate/wasm/debug_line.h"
#include "isolate/wasm/function_names.h"
#include "isolate/wasm/source_map.h"
#include "isolate/wasm/stack_text.h"
#include "isolate/wasm/symbols.h"
#include "isolate/wasm/writer.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::string shown(const SourceLine& place) {
  return std::string(place.file) + ":" + std::to_string(place.line);
}

TEST(LineTable, AnAddressHasTheLineOfTheRowInFront) {
  LineTableBuilder builder(1'000);
  const std::uint32_t a = builder.file("a.c");
  const std::uint32_t b = builder.file("b.c");
  EXPECT_EQ(builder.file("a.c"), a);
  builder.row(100, b, 7);
  builder.endSequence(120);
  builder.row(10, a, 1);
  builder.row(14, a, 2);
  builder.row(16, a, 0);
  builder.endSequence(20);
  const LineTable table = builder.take();
  EXPECT_EQ(shown(table.find(9)), ":0");
  EXPECT_EQ(shown(table.find(13)), "a.c:1");
  EXPECT_EQ(shown(table.find(14)), "a.c:2");
  EXPECT_EQ(shown(table.find(17)), ":0") << "a compiler's line 0 is no line";
  EXPECT_EQ(shown(table.find(50)), ":0") << "between two sequences";
  EXPECT_EQ(shown(table.find(119)), "b.c:7");
  EXPECT_EQ(shown(table.find(120)), ":0");
}

TEST(LineTable, LeavesOutWhatDescribesNoCodeOfTheModule) {
  LineTableBuilder builder(1'000);
  const std::uint32_t a = builder.file("a.c");
  builder.row(0, a, 1);  // a function that the linker dropped
  builder.row(50, a, 2);
  builder.endSequence(60);
  builder.row(0xffff'ffff, a, 3);
  builder.endSequence(0xffff'ffff);
  builder.row(100, a, 4);
  builder.row(90, a, 5);  // backwards
  builder.endSequence(110);
  builder.row(105, a, 6);  // inside another sequence
  builder.endSequence(130);
  builder.row(500, a, 7);  // without an end
  const LineTable table = builder.take();
  EXPECT_EQ(shown(table.find(55)), ":0");
  EXPECT_EQ(shown(table.find(95)), ":0");
  EXPECT_EQ(shown(table.find(106)), "a.c:4");
  EXPECT_EQ(shown(table.find(120)), ":0");
  EXPECT_EQ(shown(table.find(500)), ":0");
}

TEST(LineTable, IsBounded) {
  LineTableBuilder builder(std::uint64_t{1} << 32);
  const std::uint32_t file = builder.file("a.c");
  for (std::uint32_t i = 1; i < LineTableBuilder::kMostRows + 1'000; ++i) builder.row(i, file, i);
  EXPECT_TRUE(builder.full());
  builder.endSequence(0xffff'0000);
  EXPECT_LE(builder.take().bytes(), (LineTableBuilder::kMostRows + 1) * 12 + 1'000);

  LineTableBuilder named(100);
  for (std::size_t i = 0; i < 2 * LineTableBuilder::kMostFiles; ++i) {
    named.file(std::to_string(i) + std::string(1'000, 'x'));
  }
  EXPECT_LE(named.take().bytes(), LineTableBuilder::kMostFileText * 2);
}

TEST(LineTable, KeepsTheEndOfALongPath) {
  LineTableBuilder builder(100);
  std::string path(500, 'd');
  path += "/main.c";
  builder.row(1, builder.file(path), 3);
  builder.endSequence(2);
  const LineTable table = builder.take();
  const std::string place = shown(table.find(1));
  EXPECT_THAT(place, HasSubstr("/main.c:3"));
  EXPECT_LE(place.size(), LineTableBuilder::kLongestPath + 2);
}

/// A unit of .debug_line, version 4, with one directory and two files.
Bytes unitOfVersion4(const Bytes& program, std::uint8_t lineRange = 14,
                     const std::string& directory = "lib") {
  Bytes header{1, 1, 1, static_cast<std::uint8_t>(-5), lineRange, 13};
  for (const int operands : {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1}) {
    header.push_back(static_cast<std::uint8_t>(operands));
  }
  for (const char c : directory + std::string("\0\0main.c\0\0\0\0util.c\0\1\0\0\0", 23)) {
    header.push_back(static_cast<std::uint8_t>(c));
  }
  const auto number = [](Bytes& to, std::size_t value, int size) {
    for (int i = 0; i < size; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  Bytes body{4, 0};
  number(body, header.size(), 4);
  body.insert(body.end(), header.begin(), header.end());
  body.insert(body.end(), program.begin(), program.end());
  Bytes unit;
  number(unit, body.size(), 4);
  unit.insert(unit.end(), body.begin(), body.end());
  return unit;
}

// A program: address 0x20, line 3 of main.c; special opcode: 4 bytes and 2 lines on; then util.c,
// line 10 from 0x30 to 0x40.
const Bytes kProgram{0,
                     5,
                     2,
                     0x20,
                     0,
                     0,
                     0,  // set address
                     3,
                     2,
                     1,  // advance line by 2, copy
                     static_cast<std::uint8_t>(13 + 4 * 14 + 7),
                     2,
                     12,
                     4,
                     2,
                     3,
                     5,
                     1,  // 12 bytes, file 2, 5 lines, copy
                     2,
                     16,
                     0,
                     1,
                     1};  // 16 bytes, end

LineTable tableOf(const Bytes& section) {
  LineTableBuilder builder(0x1000);
  readDebugLine({section, {}, {}}, builder);
  return builder.take();
}

TEST(DebugLine, RunsAProgram) {
  const LineTable table = tableOf(unitOfVersion4(kProgram));
  EXPECT_EQ(shown(table.find(0x1f)), ":0");
  EXPECT_EQ(shown(table.find(0x20)), "main.c:3");
  EXPECT_EQ(shown(table.find(0x24)), "main.c:5");
  EXPECT_EQ(shown(table.find(0x30)), "lib/util.c:10");
  EXPECT_EQ(shown(table.find(0x3f)), "lib/util.c:10");
  EXPECT_EQ(shown(table.find(0x40)), ":0");
}

/// Each row of a file that the table has no room for used to join the whole path anew: this program
/// would take minutes.
TEST(DebugLine, LooksAtAPathOnceHoweverLongItIs) {
  LineTableBuilder builder(0x1000);
  for (std::size_t i = 0; i < LineTableBuilder::kMostFiles; ++i) builder.file(std::to_string(i));
  Bytes program{4, 2};           // file 2
  program.resize(1'000'000, 1);  // copy
  const Bytes section = unitOfVersion4(program, 14, std::string(4 << 20, 'd'));
  readDebugLine({section, {}, {}}, builder);
  EXPECT_TRUE(builder.take().empty());

  const Bytes once = unitOfVersion4(kProgram, 14, std::string(4 << 20, 'd'));
  EXPECT_THAT(shown(tableOf(once).find(0x30)), ::testing::EndsWith("d/util.c:10"));
}

TEST(DebugLine, GoesOnBehindAUnitThatItDoesNotUnderstand) {
  Bytes section = unitOfVersion4(kProgram);
  section[4] = 9;  // its version
  const Bytes good = unitOfVersion4(kProgram);
  section.insert(section.end(), good.begin(), good.end());
  EXPECT_EQ(shown(tableOf(section).find(0x20)), "main.c:3");
}

TEST(DebugLine, EndsAtAnyByteWithoutHarm) {
  const Bytes whole = unitOfVersion4(kProgram);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    tableOf(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      Bytes changed = whole;
      changed[i] = static_cast<std::uint8_t>(value);
      tableOf(changed);
    }
  }
}

TEST(DebugLine, DividesByNoRangeOfZero) {
  EXPECT_TRUE(tableOf(unitOfVersion4(kProgram, 0)).empty());
}

LineTable mapped(std::string_view json) {
  LineTableBuilder builder(0x1000);
  readSourceMap(json, 0x100, builder);
  return builder.take();
}

TEST(SourceMap, GivesLinesToOffsetsInTheModule) {
  // 0x108: a.ts:1; 0x10c: b.ts:3; 0x110: nothing; 0x114: a.ts:2.
  const LineTable table = mapped(
      R"({"version":3,"sources":["a.ts","b.ts"],"names":[],"mappings":"wQAAA,ICEE,I,IDDF"})");
  EXPECT_EQ(shown(table.find(7)), ":0");
  EXPECT_EQ(shown(table.find(8)), "a.ts:1");
  EXPECT_EQ(shown(table.find(13)), "b.ts:3");
  EXPECT_EQ(shown(table.find(16)), ":0");
  EXPECT_EQ(shown(table.find(20)), "a.ts:2");
}

TEST(SourceMap, ThatIsMalformedGivesWhatItCan) {
  for (const char* text :
       {"", "[]", "{", "null", R"({"mappings":7})", R"({"mappings":"wQAAA","sources":{}})",
        R"({"mappings":"wQAAA,!","sources":[]})", R"({"mappings":"wQDDD","sources":["a"]})",
        R"({"mappings":"ggggggggggggggB","sources":["a"]})",
        R"({"mappings":"D,D,D","sources":["a"]})", R"({"mappings":",,,;;;","sources":["a"]})"}) {
    EXPECT_EQ(mapped(text).find(8).file, "") << text;
  }
  const LineTable cut = mapped(R"({"sources":["a.ts"],"mappings":"wQAAA,IA!"})");
  EXPECT_EQ(shown(cut.find(8)), "a.ts:1");
}

Bytes nameSection(const std::vector<std::pair<std::uint32_t, std::string>>& names) {
  Writer entries;
  entries.unsignedNumber(names.size());
  for (const auto& [function, name] : names) {
    entries.unsignedNumber(function);
    entries.name(name);
  }
  Writer content;
  content.section(1, entries.view());  // a subsection has a section's form
  return content.take();
}

TEST(FunctionNames, AreFoundByIndex) {
  const FunctionNames names(nameSection({{0, "first"}, {3, "fourth"}, {900, "far"}}));
  EXPECT_EQ(names.name(0), "first");
  EXPECT_EQ(names.name(1), "");
  EXPECT_EQ(names.name(3), "fourth");
  EXPECT_EQ(names.name(900), "far");
  EXPECT_EQ(names.name(901), "");
}

TEST(FunctionNames, AreTakenUpToTheFirstMistake) {
  EXPECT_EQ(FunctionNames(nameSection({{5, "a"}, {5, "b"}, {6, "c"}})).name(6), "");
  EXPECT_EQ(FunctionNames(nameSection({{5, "a"}, {4, "b"}})).name(5), "a");
  const Bytes whole = nameSection({{1, "one"}, {2, "two"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const FunctionNames names(std::span(whole.data(), size));
    EXPECT_EQ(names.name(2), "") << size;
  }
}

TEST(FunctionNames, AreCutWhenTheyAreLong) {
  const FunctionNames names(nameSection({{1, std::string(1'000'000, 'n')}, {2, "two"}}));
  EXPECT_EQ(names.name(1).size(), FunctionNames::kLongestName);
  EXPECT_EQ(names.name(2), "two");
  EXPECT_LE(names.bytes(), 1'000u);
}

/// Symbols of a module whose `_start` has the name, and the offset of its `unreachable`.
struct Named {
  explicit Named(const std::string& name) {
    const Bytes assembled =
        assemble(R"((module (memory (export "memory") 1) (func (export "_start") (unreachable))))");
    const auto unnamed = parseModule(assembled, 64_MiB);
    EXPECT_TRUE(unnamed) << unnamed.error().text();
    Writer custom;
    custom.name("name");
    custom.bytes(nameSection({{0, name}}));
    Writer whole;
    writePreamble(whole);
    for (const Section& section : unnamed->sections) {
      if (section.id == kCustomSection) continue;  // the assembler's names
      whole.section(section.id, std::span(assembled).subspan(section.bodyOffset, section.bodySize));
    }
    whole.section(kCustomSection, custom.view());
    const auto module = parseModule(whole.view(), 64_MiB);
    EXPECT_TRUE(module) << module.error().text();
    OffsetMap offsets;
    offsets.add(0, 0);
    symbols = Symbols(whole.view(), *module, offsets);
    for (const Section& section : module->sections) {
      if (section.id == kCodeSection) trap = static_cast<std::uint32_t>(section.bodyOffset) + 3;
    }
  }
  std::string line() const { return stackLines(symbols, std::vector<std::uint32_t>{trap}).at(0); }
  Symbols symbols;
  std::uint32_t trap = 0;
};

TEST(StackLines, SayFunctionAndOffset) {
  const Named named("main");
  EXPECT_THAT(named.line(), StartsWith("at main [function 0, offset 0x"));
}

TEST(StackLines, MakeHostileNamesHarmless) {
  EXPECT_THAT(Named("a\n    at b").line(), Not(HasSubstr("\n")));
  EXPECT_THAT(Named("\x1b[31mred").line(), HasSubstr("\\x1b[31mred"));
  EXPECT_THAT(Named("\xff\xfe").line(), HasSubstr("\\xff"));
  for (const char* filler : {"x", "\n", "\xff", "\xc3\xa4"}) {
    std::string name;
    while (name.size() < 100'000) name += filler;
    EXPECT_THAT(Named(name).line().size(), Le(kLongestStackLine)) << filler;
  }
}

TEST(StackLines, LeaveOutWhatPreparationWrote) {
  const Named named("main");
  EXPECT_THAT(stackLines(Symbols(), std::vector<std::uint32_t>{named.trap}), IsEmpty());
  EXPECT_THAT(stackLines(named.symbols, std::vector<std::uint32_t>{2, named.trap, named.trap}),
              SizeIs(2));
}

}  // namespace
}  // namespace skiff::wasm
