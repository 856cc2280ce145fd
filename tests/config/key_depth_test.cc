#include "config/key_depth.h"

#include <gtest/gtest.h>

#include "config/load.h"

namespace skiff {
namespace {

std::string keyOf(std::size_t parts, std::string_view part = "a") {
  std::string key(part);
  for (std::size_t i = 1; i < parts; ++i) key.append(".").append(part);
  return key;
}

TEST(KeyDepth, ADeepKeyIsFoundWhereverItStands) {
  const std::string deep = keyOf(kMostKeyParts + 1);
  for (const std::string& text :
       {deep + " = 1", "[" + deep + "]", "[[" + deep + "]]", "x = { " + deep + " = 1 }",
        "x = { y = 1, " + deep + " = 1 }", "x = [1.5, { " + deep + " = 1 }]",
        "x = \"a\\\"\"\n" + deep + " = 1", "x = \"\"\"\n\"\"\"\"\"\n" + deep + " = 1",
        "x = '''\n'\n''''\n" + deep + " = 1", "x = '\\'\n" + deep + " = 1",
        "# it's a comment\n" + deep + " = 1", keyOf(kMostKeyParts + 1, "'a.b'") + " = 1",
        keyOf(kMostKeyParts + 1, " a ") + " = 1"}) {
    EXPECT_TRUE(findTooDeepKey(text).has_value()) << text;
  }
}

TEST(KeyDepth, DotsElsewhereDoNotCount) {
  const std::string dots(100, '.');
  for (const std::string& text :
       {keyOf(kMostKeyParts) + " = 1.5", "[" + keyOf(kMostKeyParts) + "]\nb.c = 1", "# " + dots,
        "x = \"" + dots + "\"", "x = '" + dots + "'", "x = \"\"\"\n" + dots + "\n\"\"\"",
        "x = '''" + dots + "'''", "'" + dots + "' = 1", std::string("x = [1.0, 2.0, 3.0, 4.0]")}) {
    EXPECT_FALSE(findTooDeepKey(text).has_value()) << text;
  }
}

TEST(KeyDepth, TellsTheLineAndColumn) {
  const auto where = findTooDeepKey("x = 1\n  " + keyOf(kMostKeyParts + 1) + " = 1");
  ASSERT_TRUE(where.has_value());
  EXPECT_EQ(*where, (TextPosition{2, 3 + 2 * kMostKeyParts - 1}));
}

// The parser frees nested tables recursively, which so many would make overflow the stack.
TEST(KeyDepth, AVeryDeepKeyIsAnErrorAndNoCrash) {
  for (const std::string& text :
       {keyOf(1'000'000) + " = 1", "[" + keyOf(1'000'000) + "]", keyOf(1'000'000) + " = 1\n="}) {
    const auto config = parseConfig(text, "/skiff.toml");
    ASSERT_TRUE(config.has_error());
    EXPECT_EQ(config.error().front().line, 1U);
  }
}

TEST(KeyDepth, DeeplyNestedValuesAreAnErrorAndNoCrash) {
  std::string tables = "x = ";
  for (int i = 0; i < 200; ++i) tables += "{ " + keyOf(kMostKeyParts) + " = ";
  for (const std::string& text : {"x = " + std::string(1'000'000, '['), tables, tables + "1"}) {
    EXPECT_TRUE(parseConfig(text, "/skiff.toml").has_error());
  }
}

}  // namespace
}  // namespace skiff
