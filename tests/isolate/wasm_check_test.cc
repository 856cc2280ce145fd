#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isolate/wasm/rewrite.h"
#include "tests/isolate/wasm_tools.h"

namespace skiff::wasm {
namespace {

using testing::HasSubstr;

std::string checked(std::string_view text, const EntryAbi& abi, const PrepareLimits& limits = {}) {
  const Bytes bytes = assemble(text);
  const auto module = parseModule(bytes, limits.maxModule);
  if (module.has_error()) return "does not parse: " + module.error().text();
  const auto result = checkModule(*module, testModules(), abi, limits);
  return result.has_error() ? result.error().text() : "accepted";
}

/// A handler with what is given in front of it.
std::string handler(std::string_view fields) {
  return "(module " + std::string(fields) +
         R"( (func (export "handle_request") (result i64) (i64.const 0))))";
}

constexpr std::string_view kMemory = R"((memory (export "memory") 1))";

std::string withMemory(std::string_view fields) {
  return handler(std::string(fields) + std::string(kMemory));
}

struct Case {
  const char* name;
  std::string text;
  const char* says;
};

TEST(CheckModule, TakesAModuleThatFits) {
  const Case cases[] = {
      {"least", withMemory(""), ""},
      {"all imports", withMemory(R"(
         (import "host" "plain" (func (param i32 i32) (result i32)))
         (import "host" "wide" (func (param i64) (result i64)))
         (import "host" "waiting" (func (param i32 i64) (result i32)))
         (import "other" "nothing" (func)))"),
       ""},
      {"optional entry", withMemory(R"((func (export "handle_response") (param i32 i32)))"), ""},
      {"start and _initialize", withMemory(R"((func $s (export "_initialize")) (start $s))"), ""},
      {"the largest memory", handler(R"((memory (export "memory") 2048 65536))"), ""},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_EQ(checked(test.text, handlerAbi()), "accepted");
  }
}

TEST(CheckModule, BoundsWhatEachInstancePaysFor) {
  const auto times = [](int count, std::string_view text) {
    std::string all;
    for (int i = 0; i < count; ++i) {
      for (const char c : text) all += c == '#' ? std::to_string(i) : std::string(1, c);
    }
    return all;
  };
  struct Bounded {
    const char* what;
    std::string fits;
    std::string more;
  };
  const Bounded cases[] = {
      // And the memory, and the entry.
      {"1001 exports", "(func $f)" + times(998, R"((export "e#" (func $f)))"),
       R"((export "last" (func $f)))"},
      {"200001 functions", times(199'999, "(func)"), "(func)"},
      {"101 tables", times(100, "(table 0 funcref)"), "(table 0 funcref)"},
      {"10001 globals", times(10'000, "(global i32 (i32.const 0))"), "(global i32 (i32.const 0))"},
      {"1001 tags", times(1'000, "(tag)"), "(tag)"},
      {"131073 elements", "(func $f) (elem func" + times(131'072, " $f") + ")", "(elem func $f)"},
  };
  for (const Bounded& test : cases) {
    SCOPED_TRACE(test.what);
    EXPECT_EQ(checked(withMemory(test.fits), handlerAbi()), "accepted");
    EXPECT_THAT(checked(withMemory(test.fits + test.more), handlerAbi()),
                ::testing::HasSubstr(test.what));
  }
  const Bytes bytes = assemble(withMemory("(global i32 (i32.const 0))"));
  auto module = parseModule(bytes, PrepareLimits{}.maxModule);
  ASSERT_TRUE(module.has_value());
  EXPECT_EQ(module->expressionBytes, 3U);  // the instruction, its number, the end
  module->expressionBytes = (1 << 20) + 1;
  EXPECT_TRUE(checkModule(*module, testModules(), handlerAbi(), {}).has_error());
}

TEST(CheckModule, RefusesImportsThatThereAreNot) {
  const Case cases[] = {
      {"misspelt function", withMemory(R"((import "host" "plian" (func)))"),
       "imports the function \"host\".\"plian\", which skiff does not have (import section, "
       "offset 0x15): did you mean \"plain\" in \"host\"?"},
      {"misspelt namespace", withMemory(R"((import "hots" "waiting" (func)))"),
       "did you mean \"waiting\" in \"host\"?"},
      {"other namespace", withMemory(R"((import "somewhere" "waiting" (func)))"),
       "did you mean \"waiting\" in \"host\"?"},
      {"several", withMemory(R"((import "x" "a" (func)) (import "other" "nothing" (func))
                                (import "x" "b" (func)) (import "y" "c" (func)))"),
       "\"x\".\"a\", which skiff does not have (and 2 more)"},
      {"nothing near", withMemory(R"((import "x" "frobnicate" (func)))"),
       "skiff has functions in \"host\" and \"other\""},
      {"old WASI", withMemory(R"((import "wasi_unstable" "fd_write" (func)))"), "WASI preview 1"},
      {"WASI 0.2", withMemory(R"((import "wasi:http/types@0.2.0" "x" (func)))"), "WASI preview 1"},
      {"Go in a browser", withMemory(R"((import "gojs" "runtime.wasmExit" (func)))"),
       "GOOS=wasip1"},
      {"wasm-bindgen", withMemory(R"((import "__wbindgen_placeholder__" "x" (func)))"),
       "JavaScript"},
      {"undefined symbol", withMemory(R"((import "env" "SSL_new" (func)))"),
       "the linker did not find"},
      {"memory", handler(R"((import "env" "memory" (memory 1)))"),
       "imports the memory \"env\".\"memory\", but skiff has only functions to import"},
      {"table", withMemory(R"((import "env" "t" (table 1 funcref)))"), "--import-table"},
      {"global", withMemory(R"((import "host" "plain" (global i32)))"), "imports the global"},
      {"wrong signature", withMemory(R"((import "host" "waiting" (func (param i32 i32))))"),
       "imports \"host\".\"waiting\" as (i32, i32) -> (), but it is (i32, i64) -> i32"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_THAT(checked(test.text, handlerAbi()), HasSubstr(test.says));
  }
}

TEST(CheckModule, RefusesImportsThatTheEngineWouldNotLinkToTheShim) {
  const struct {
    const char* name;
    Bytes types;  ///< of which type 0 is (i64) -> i64, and type 1 () -> ()
    bool links;
  } cases[] = {
      {"types of their own", {2, 0x60, 1, 0x7e, 1, 0x7e, 0x60, 0, 0}, true},
      {"groups of one", {2, 0x4e, 1, 0x60, 1, 0x7e, 1, 0x7e, 0x60, 0, 0}, true},
      {"final", {2, 0x4f, 0, 0x60, 1, 0x7e, 1, 0x7e, 0x60, 0, 0}, true},
      {"open to subtypes", {2, 0x50, 0, 0x60, 1, 0x7e, 1, 0x7e, 0x60, 0, 0}, false},
      {"in a group", {1, 0x4e, 2, 0x60, 1, 0x7e, 1, 0x7e, 0x60, 0, 0}, false},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.name);
    const Bytes modules[] = {
        moduleOf({section(1, test.types),
                  section(2, {1, 4, 'h', 'o', 's', 't', 4, 'w', 'i', 'd', 'e', 0, 0}),
                  section(3, {1, 1}), section(5, {1, 0, 1}),
                  section(7, {2, 6, 'm', 'e', 'm', 'o', 'r', 'y', 2, 0,  //
                              6, '_', 's', 't', 'a', 'r', 't', 0, 1}),
                  section(10, {1, 2, 0, 0x0b})}),
        buildShim(testModules()[0])};
    const auto module = parseModule(modules[0], 1_MiB);
    ASSERT_TRUE(module) << module.error().text();
    EXPECT_EQ(checkModule(*module, testModules(), commandAbi(), {}).has_value(), test.links);
    EXPECT_EQ(runInEngine(modules, R"(
      const shim = new WebAssembly.Module(modules[1]);
      const skiff = {};
      for (const { name } of WebAssembly.Module.imports(shim)) skiff[name] = () => 0;
      const host = new WebAssembly.Instance(shim, { skiff }).exports;
      const guest = new WebAssembly.Module(modules[0]);
      try {
        new WebAssembly.Instance(guest, { host });
        console.log('links');
      } catch (error) {
        console.log(error.name);
      }
    )"),
              test.links ? "links\n" : "LinkError\n");
  }
}

TEST(CheckModule, RefusesMemoriesThatCannotBeHeldToALimit) {
  const Case cases[] = {
      {"none", handler(""), "the module has no memory"},
      {"two", handler(R"((memory (export "memory") 1) (memory 1))"), "has 2 memories"},
      {"shared", handler(R"((memory (export "memory") 1 2 shared))"), "the memory is shared"},
      {"64-bit", handler(R"((memory (export "memory") i64 1))"), "64-bit addresses"},
      {"above the limit", handler(R"((memory (export "memory") 2049))"),
       "the memory starts at 128.1 MiB (2049 pages), above the limit of 128 MiB (memory section): "
       "raise the app's limit `memory`"},
      {"4 GiB", handler(R"((memory (export "memory") 65536))"), "starts at 4096 MiB"},
      {"not exported", handler("(memory 1)"), "not exported as \"memory\""},
      {"exported otherwise", handler(R"((memory (export "mem") 1))"), "not exported as \"memory\""},
      {"another thing exported as memory",
       handler(R"((memory 1) (global (export "memory") i32 (i32.const 0)))"),
       "not exported as \"memory\""},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_THAT(checked(test.text, handlerAbi()), HasSubstr(test.says));
  }
}

TEST(CheckModule, CountsTheTablesTogether) {
  PrepareLimits limits;
  limits.tableElements = 100;
  EXPECT_EQ(checked(withMemory("(table 60 funcref) (table 40 funcref)"), handlerAbi(), limits),
            "accepted");
  EXPECT_THAT(checked(withMemory("(table 60 funcref) (table 41 funcref)"), handlerAbi(), limits),
              HasSubstr("table 1 starts with 41 elements, above the limit of 100 for all tables"));
}

TEST(CheckModule, RefusesExportsThatAreMissingWrongOrReserved) {
  const std::string memory(kMemory);
  const Case cases[] = {
      {"no entry", "(module " + memory + ")",
       "does not export the function \"handle_request\", which the ABI test-handler enters (export "
       "section): export it with the signature () -> i64"},
      {"wrong result", "(module " + memory + R"((func (export "handle_request"))))",
       "the function \"handle_request\" is () -> (), but the ABI test-handler enters () -> i64"},
      {"no function", "(module (memory (export \"handle_request\") (export \"memory\") 1))",
       "the export \"handle_request\" is a memory"},
      {"wrong optional entry", withMemory(R"((func (export "handle_response") (param i32)))"),
       "\"handle_response\" is (i32) -> ()"},
      {"reserved", withMemory(R"((func (export "skiff:save")))"),
       "exports \"skiff:save\"; names that begin with \"skiff:\" are reserved"},
      {"_initialize with parameters", withMemory(R"((func (export "_initialize") (param i32)))"),
       "\"_initialize\" is (i32) -> (), not () -> ()"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_THAT(checked(test.text, handlerAbi()), HasSubstr(test.says));
  }
}

TEST(CheckModule, WantsTheAddressForSignalsInMemory) {
  const Case cases[] = {
      {"mutable", R"((global (export "__skiff_signal") (mut i32) (i32.const 8)))",
       "the global \"__skiff_signal\" is not a constant i32, the address of a word in memory"},
      {"wide", R"((global (export "__skiff_signal") i64 (i64.const 8)))", "is not a constant i32"},
      {"outside", R"((global (export "__skiff_signal") i32 (i32.const 65533)))",
       "is 65533, which is outside of the memory as it begins"},
      {"far outside", R"((global (export "__skiff_signal") i32 (i32.const -1)))",
       "is 4294967295, which is outside"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_THAT(checked(withMemory(test.text), handlerAbi()), HasSubstr(test.says));
  }
  EXPECT_EQ(checked(withMemory(R"((global (export "__skiff_signal") i32 (i32.const 65532)))"),
                    handlerAbi()),
            "accepted");
}

TEST(CheckModule, RefusesAStartFunctionWithParameters) {
  // wat2wasm would not write it.
  const Bytes bytes = moduleOf({section(1, {2, 0x60, 1, 0x7f, 0, 0x60, 0, 0}),
                                section(3, {2, 0, 1}), section(5, {1, 0, 1}),
                                section(7, {2, 6, 'm', 'e', 'm', 'o', 'r', 'y', 2, 0,  //
                                            6, '_', 's', 't', 'a', 'r', 't', 0, 1}),
                                section(8, {0}), section(10, {2, 2, 0, 0x0b, 2, 0, 0x0b})});
  const auto module = parseModule(bytes, 1_MiB);
  ASSERT_TRUE(module) << module.error().text();
  const auto result = checkModule(*module, testModules(), commandAbi(), {});
  ASSERT_TRUE(result.has_error());
  EXPECT_THAT(result.error().text(), HasSubstr("the start function is (i32) -> (), not () -> ()"));
}

}  // namespace
}  // namespace skiff::wasm
