#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <vector>

#include "isolate/abi/entry_abi.h"

namespace skiff {
namespace {

using ::testing::ElementsAre;

TEST(DetectAbi, GoesByTheExportedFunctions) {
  const struct {
    std::string_view what;
    std::vector<std::string_view> exported;
    std::string_view abi;
  } cases[] = {
      {"a handler", {"malloc", "handle_request", "handle_response"}, "http-wasm"},
      {"a program", {"_start"}, "cgi"},
      {"a handler that starts like a program", {"_start", "handle_request"}, "http-wasm"},
      {"half a handler, so that the other half is named as missing",
       {"handle_request"},
       "http-wasm"},
      {"a library", {"malloc", "handle_response", "_initialize"}, ""},
      {"nothing", {}, ""},
  };
  for (const auto& test : cases) {
    const EntryAbi* abi = detectAbi(test.exported);
    EXPECT_EQ(abi ? abi->name() : "", test.abi) << test.what;
  }
}

TEST(HostModules, AreTheNamespacesThatGuestsKnow) {
  std::vector<std::string_view> names;
  for (const HostModule& module : hostModules()) names.push_back(module.name);
  EXPECT_THAT(names, ElementsAre("http_handler", "wasi_snapshot_preview1", "env"));
}

TEST(HostModules, DescribeTheirFunctionsAsTheEngineTakesThem) {
  for (const HostModule& module : hostModules()) {
    std::set<std::string_view> names;
    for (const HostFunction& function : module.functions) {
      EXPECT_TRUE(names.insert(function.name).second) << function.name << " is there twice";
      std::size_t slots = 0;
      for (const char letter : function.parameters) {
        EXPECT_TRUE(letter == 'i' || letter == 'I') << function.name;
        slots += letter == 'I' ? 2 : 1;
      }
      EXPECT_LE(slots, HostFunction::kMaxSlots) << function.name;
      EXPECT_TRUE(function.result == 0 || function.result == 'i' || function.result == 'I')
          << function.name;
      EXPECT_NE(function.call, nullptr) << function.name;
    }
  }
}

}  // namespace
}  // namespace skiff
