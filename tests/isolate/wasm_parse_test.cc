#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isolate/wasm/module.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

Bytes bytesOf(std::string_view text) {
  return {text.begin(), text.end()};
}

/// The error's text, or "accepted".
std::string refusal(const Bytes& bytes, ByteSize maxSize = 64_MiB) {
  const auto module = parseModule(bytes, maxSize);
  return module.has_error() ? module.error().text() : "accepted";
}

TEST(ParseModule, ReadsWhatPreparationNeeds) {
  const Bytes bytes = assemble(R"((module
    (import "host" "plain" (func (param i32 i32) (result i32)))
    (import "host" "g" (global (mut i64)))
    (table 2 9 funcref)
    (memory (export "memory") 3 7)
    (global (mut f32) (f32.const 1))
    (global v128 (v128.const i64x2 0 0))
    (func $run (export "run") (param i64) (result f64 v128) unreachable)
    (func $init)
    (start $init)
    (elem (i32.const 0) $run)
    (data (i32.const 0) "x")))");
  const auto parsed = parseModule(bytes, 64_MiB);
  ASSERT_TRUE(parsed) << parsed.error().text();
  const Module& module = *parsed;
  ASSERT_EQ(module.imports.size(), 2u);
  EXPECT_EQ(module.imports[0].module, "host");
  EXPECT_EQ(module.imports[0].name, "plain");
  EXPECT_EQ(module.imports[0].kind, ExternalKind::function);
  EXPECT_EQ(module.importedFunctions, 1u);
  EXPECT_EQ(module.importedGlobals, 1u);
  EXPECT_EQ(module.functionTypes.size(), 3u);
  const Export* run = module.findExport("run", ExternalKind::function);
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->index, 1u);
  EXPECT_EQ(module.findExport("run", ExternalKind::memory), nullptr);
  EXPECT_EQ(module.typeOfFunction(1).parameters, std::vector{ValueType::i64});
  EXPECT_EQ(module.typeOfFunction(1).results, (std::vector{ValueType::f64, ValueType::v128}));
  ASSERT_EQ(module.tables.size(), 1u);
  EXPECT_EQ(module.tables[0].minimum, 2u);
  EXPECT_EQ(module.tables[0].maximum, 9u);
  ASSERT_EQ(module.memories.size(), 1u);
  EXPECT_EQ(module.memories[0].minimum, 3u);
  EXPECT_EQ(module.memories[0].maximum, 7u);
  ASSERT_EQ(module.globals.size(), 3u);
  EXPECT_EQ(module.globals[1].type, ValueType::f32);
  EXPECT_TRUE(module.globals[1].isMutable);
  EXPECT_FALSE(module.globals[2].isMutable);
  EXPECT_EQ(module.startFunction, 2u);
  EXPECT_GT(module.codeSize, 0u);
  EXPECT_EQ(module.notResettable, std::nullopt);
}

TEST(ParseModule, TellsWhatAFileIsThatIsNoModule) {
  const struct {
    const char* name;
    Bytes bytes;
    const char* says;
  } cases[] = {
      {"empty", {}, "the file is empty"},
      {"component", bytesOf("\0asm\x0d\0\1\0"s),
       "this is a component (WebAssembly component model)"},
      {"unknown version", bytesOf("\0asm\2\0\0\0"s), "version 2 of the binary format"},
      {"cut magic", bytesOf("\0as"s), "ends after 3 bytes"},
      {"text", bytesOf("  (module)"), "text format"},
      {"commented text", bytesOf(";; hello\n(module)"), "wat2wasm"},
      {"ELF",
       bytesOf("\x7f"
               "ELF\2\1\1"),
       "native Linux program (ELF)"},
      {"gzip", bytesOf("\x1f\x8b\x08"), "gunzip"},
      {"zip", bytesOf("PK\3\4"), "zip archive"},
      {"bitcode", bytesOf("BC\xc0\xde"), "wasm-ld"},
      {"web page", bytesOf("<!doctype html>"), "HTML"},
      {"noise", bytesOf("hello"), "not a WebAssembly module"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_THAT(refusal(test.bytes), HasSubstr(test.says));
  }
}

TEST(ParseModule, RefusesMalformedSectionsWithTheirPlace) {
  const Bytes type = section(1, {1, 0x60, 0, 0});
  const Bytes function = section(3, {1, 0});
  const Bytes code = section(10, {1, 2, 0, 0x0b});
  const struct {
    const char* name;
    std::vector<Bytes> sections;
    const char* says;
  } cases[] = {
      {"section twice", {type, type}, "the type section is there twice (type section, offset 0xe)"},
      {"out of order", {section(5, {0}), type}, "the type section is out of order"},
      {"unknown section", {section(14, {0})}, "there is no section 14 (offset 0x8)"},
      {"section beyond the end",
       {{1, 5, 0}},
       "the size of the type section is 5, but only 1 bytes follow (offset 0x9)"},
      {"bytes behind the last entry",
       {section(1, {0, 0})},
       "the section has 1 byte behind its last entry"},
      {"huge count",
       {section(1, {0xff, 0xff, 0xff, 0xff, 0x0f})},
       "the number of types is 4294967295, but only 0 bytes follow"},
      {"number too long",
       {section(1, {0x80, 0x80, 0x80, 0x80, 0x80, 0x00})},
       "the number of types is a number of more than 32 bits"},
      {"number with bits beyond its width",
       {section(1, {0xff, 0xff, 0xff, 0xff, 0x7f})},
       "more than 32 bits"},
      {"unknown type form", {section(1, {1, 0x61, 0, 0})}, "there is no kind of type 0x61"},
      {"unknown value type", {section(1, {1, 0x60, 1, 0x40, 0})}, "there is no value type 0x40"},
      {"type index out of range",
       {type, section(3, {1, 1}), code},
       "type 1 is out of range: there are 1 (function section"},
      {"function without body", {type, function}, "declares 1 function but has 0 bodies"},
      {"body without function", {type, code}, "declares 0 functions but has 1 body"},
      {"body beyond its section",
       {type, function, section(10, {1, 9, 0, 0x0b})},
       "the size of a function body is 9"},
      {"name not UTF-8",
       {type, section(2, {1, 1, 0xff, 0, 0, 0})},
       "an import's module name is not valid UTF-8 (import section, offset 0x12)"},
      {"overlong UTF-8", {section(0, {2, 0xc0, 0x80})}, "not valid UTF-8"},
      {"surrogate in UTF-8", {section(0, {3, 0xed, 0xa0, 0x80})}, "not valid UTF-8"},
      {"unknown import kind", {type, section(2, {1, 1, 'a', 1, 'b', 5, 0})}, "no kind 0x5"},
      {"duplicate export",
       {section(5, {1, 0, 0}), section(7, {2, 1, 'm', 2, 0, 1, 'm', 2, 0})},
       "the name \"m\" is exported twice (export section"},
      {"export of nothing", {section(7, {1, 1, 'm', 2, 0})}, "memory 0 is out of range"},
      {"start of nothing", {section(8, {0})}, "function 0 is out of range"},
      {"maximum below minimum", {section(5, {1, 1, 2, 1})}, "minimum of 2, above its maximum of 1"},
      {"more than 4 GiB", {section(5, {1, 0, 0x81, 0x80, 0x04})}, "more than 65536 pages"},
      {"page size", {section(5, {1, 8, 0, 0})}, "page size of its own"},
      {"unknown limits", {section(5, {1, 0x10, 0})}, "unknown flags 0x10"},
      {"shared table", {section(4, {1, 0x70, 3, 0, 1})}, "unknown flags 0x3"},
      {"table of numbers", {section(4, {1, 0x7f, 0, 0})}, "reference type was expected"},
      {"mutability", {section(6, {1, 0x7f, 2, 0x41, 0, 0x0b})}, "neither var nor const"},
      {"call in a constant",
       {section(6, {1, 0x7f, 0, 0x10, 0, 0x0b})},
       "instruction 0x10 is not allowed in a constant expression (global section"},
      {"constant without end",
       {section(6, {1, 0x7f, 0, 0x41, 0})},
       "the section ends where a constant expression was expected"},
      {"constant of a later global",
       {section(6, {1, 0x7f, 0, 0x23, 0, 0x0b})},
       "names global 0, but there are 0"},
      {"data for no memory", {section(11, {1, 0, 0x41, 0, 0x0b, 0})}, "the module has none"},
      {"elements for no table", {section(9, {1, 0, 0x41, 0, 0x0b, 0})}, "the module has none"},
      {"data flags", {section(11, {1, 3, 0})}, "unknown flags 0x3"},
      {"element flags", {section(9, {1, 8, 0})}, "unknown flags 0x8"},
      {"data count",
       {section(12, {2}), section(11, {1, 1, 0})},
       "declares 2 data segments but has 1"},
      {"tag attribute", {type, section(13, {1, 1, 0})}, "attribute is not 0"},
      {"tag of a struct",
       {section(1, {1, 0x5f, 0}), section(13, {1, 0, 0})},
       "type 0 is not a function type"},
  };
  std::vector<Bytes> modules;
  for (const auto& test : cases) modules.push_back(moduleOf(test.sections));
  const std::vector<std::string> engineSays = engineErrors(modules);
  for (std::size_t i = 0; i < modules.size(); ++i) {
    SCOPED_TRACE(cases[i].name);
    EXPECT_THAT(refusal(modules[i]), HasSubstr(cases[i].says));
    EXPECT_NE(engineSays[i], "") << "the engine takes it";
  }
}

TEST(ParseModule, TakesWhatTheEngineTakes) {
  const struct {
    const char* name;
    std::vector<Bytes> sections;
  } cases[] = {
      {"nothing", {}},
      {"recursion group",
       {section(1, {2, 0x4e, 2, 0x5f, 1, 0x63, 1, 1, 0x5e, 0x64, 0, 0, 0x60, 1, 0x6e, 0})}},
      {"empty recursion group", {section(1, {1, 0x4e, 0})}},
      {"subtypes", {section(1, {2, 0x50, 0, 0x5f, 0, 0x4f, 1, 0, 0x5f, 2, 0x78, 0, 0x77, 1})}},
      {"table with initial value", {section(4, {1, 0x40, 0, 0x63, 0x70, 0, 3, 0xd0, 0x70, 0x0b})}},
      {"table with 64-bit indices", {section(4, {1, 0x70, 5, 1, 0x80, 0x80, 0x80, 0x80, 0x80, 1})}},
      {"memory with 64-bit addresses", {section(5, {1, 4, 1})}},
      {"shared memory", {section(5, {1, 3, 1, 2})}},
      {"extended constants", {section(6, {1, 0x7f, 0, 0x41, 1, 0x41, 2, 0x6a, 0x0b})}},
      {"global from an earlier one",
       {section(6, {2, 0x7f, 0, 0x41, 1, 0x0b, 0x7f, 1, 0x23, 0, 0x0b})}},
      {"i31 reference", {section(6, {1, 0x6c, 0, 0x41, 1, 0xfb, 0x1c, 0x0b})}},
      {"exceptions",
       {section(1, {1, 0x60, 0, 0}), section(13, {1, 0, 0}), section(7, {1, 1, 't', 4, 0})}},
      {"custom sections anywhere",
       {section(0, {1, 'a'}), section(5, {1, 0, 1}), section(0, {1, 'a', 9}), section(7, {0}),
        section(0, {0})}},
      {"all forms of elements",
       {section(1, {1, 0x60, 0, 0}), section(3, {1, 0}), section(4, {1, 0x70, 0, 9}),
        section(9, {8,                                                  //
                    0, 0x41, 0,    0x0b, 1,    0,                       //
                    1, 0,    1,    0,                                   //
                    2, 0,    0x41, 0,    0x0b, 0,    1, 0,              //
                    3, 0,    1,    0,                                   //
                    4, 0x41, 0,    0x0b, 1,    0xd2, 0, 0x0b,           //
                    5, 0x70, 1,    0xd0, 0x70, 0x0b,                    //
                    6, 0,    0x41, 0,    0x0b, 0x70, 1, 0xd2, 0, 0x0b,  //
                    7, 0x70, 1,    0xd2, 0,    0x0b}),
        section(10, {1, 2, 0, 0x0b})}},
      {"all forms of data",
       {section(5, {1, 0, 1}), section(12, {3}),
        section(11, {3, 0, 0x41, 0, 0x0b, 1, 'x', 1, 0, 2, 0, 0x41, 0, 0x0b, 0})}},
  };
  std::vector<Bytes> modules;
  for (const auto& test : cases) modules.push_back(moduleOf(test.sections));
  const std::vector<std::string> engineSays = engineErrors(modules);
  for (std::size_t i = 0; i < modules.size(); ++i) {
    SCOPED_TRACE(cases[i].name);
    EXPECT_EQ(refusal(modules[i]), "accepted");
    EXPECT_EQ(engineSays[i], "");
  }
}

TEST(ParseModule, SaysWhyAModuleCannotBeReset) {
  const struct {
    const char* name;
    Bytes bytes;
    const char* says;
  } cases[] = {
      {"table.set",
       assemble("(module (table 1 funcref) (func (table.set 0 (i32.const 0) "
                "(ref.null func))))"),
       "function 0 writes a table (table.set at offset"},
      {"data.drop", assemble("(module (memory 1) (data \"x\") (func (data.drop 0)))"),
       "function 0 drops a segment (data.drop"},
      {"mutable reference", assemble("(module (global (mut externref) (ref.null extern)))"),
       "global 0 is mutable and holds a reference"},
      {"struct type", moduleOf({section(1, {1, 0x5f, 0})}), "types of garbage-collected objects"},
      {"GC instruction",
       moduleOf({section(1, {1, 0x60, 0, 0}), section(3, {1, 0}),
                 section(10, {1, 7, 0, 0x41, 0, 0xfb, 0x1c, 0x1a, 0x0b})}),
       "function 0 uses garbage-collected objects"},
      {"unknown instruction",
       moduleOf({section(1, {1, 0x60, 0, 0}), section(3, {1, 0}), section(10, {1, 2, 0, 0xff})}),
       "function 0 has an instruction that skiff does not know (offset 0x17)"},
      {"too many globals",
       [] {
         Bytes body = {0x91, 0x4e};  // 10,001
         for (int i = 0; i < 10'001; ++i) body.insert(body.end(), {0x7f, 1, 0x41, 0, 0x0b});
         return moduleOf({section(6, body)});
       }(),
       "more than 10000 mutable globals"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const auto module = parseModule(test.bytes, 64_MiB);
    ASSERT_TRUE(module) << module.error().text();
    ASSERT_TRUE(module->notResettable);
    EXPECT_THAT(*module->notResettable, HasSubstr(test.says));
  }
}

TEST(ParseModule, RefusesWhatIsTooLarge) {
  const Bytes module = moduleOf({section(0, Bytes(100, 0))});
  EXPECT_EQ(refusal(module, ByteSize(module.size())), "accepted");
  EXPECT_THAT(refusal(module, ByteSize(module.size() - 1)), HasSubstr("more than the"));
}

TEST(ParseModule, RefusesMoreEntriesThanEnginesTake) {
  Bytes body = {0xc1, 0x84, 0x3d};  // 1,000,001
  body.resize(body.size() + 3'000'003);
  EXPECT_THAT(refusal(moduleOf({section(6, body)})), HasSubstr("more than the 1000000"));
  Bytes group = {1, 0x4e, 0xc1, 0x84, 0x3d};
  for (int i = 0; i < 1'000'001; ++i) group.insert(group.end(), {0x5f, 0});
  EXPECT_THAT(refusal(moduleOf({section(1, group)})), HasSubstr("more than 1000000 types"));
}

TEST(ParseModule, EscapesNamesInErrors) {
  const Bytes bytes = moduleOf(
      {section(5, {1, 0, 0}), section(7, {2, 3, '\n', '"', 1, 2, 0, 3, '\n', '"', 1, 2, 0})});
  EXPECT_THAT(refusal(bytes), HasSubstr(R"(the name "\x0a\"\x01" is exported twice)"));
}

}  // namespace
}  // namespace skiff::wasm
