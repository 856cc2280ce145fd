#include <gtest/gtest.h>

#include <array>

#include "config/name.h"
#include "config/printable.h"
#include "config/suggest.h"

namespace skiff {
namespace {

constexpr std::array<std::string_view, 5> kKnown{"cpu_ms", "wall_ms", "memory", "request_body",
                                                 "concurrency"};

TEST(Suggestion, IsTheNearestKnownWord) {
  for (const auto& [word, meant] :
       {std::pair<std::string_view, std::string_view>{"memroy", "memory"},
        {"memori", "memory"},
        {"cpuMs", "cpu_ms"},
        {"wall-ms", "wall_ms"},
        {"walls_ms", "wall_ms"},
        {"requestBody", "request_body"},
        {"concurency", "concurrency"},
        {"CPU_MS", "cpu_ms"},
        {"cpu", "cpu_ms"},
        {"memory_limit", "memory"}}) {
    EXPECT_EQ(nearestWord(word, kKnown), meant) << word;
  }
}

TEST(Suggestion, IsTheListOfKnownWordsIfNoneIsNear) {
  for (const std::string_view word : {"", "x", "origin", "min_instances"}) {
    EXPECT_EQ(nearestWord(word, kKnown), std::nullopt) << word;
  }
  EXPECT_EQ(nearestWord(std::string(10'000, 'm'), kKnown), std::nullopt);
  EXPECT_EQ(suggestion("memroy", kKnown), R"(; did you mean "memory"?)");
  EXPECT_EQ(suggestion("origin", std::span(kKnown).first(2)), R"(; known are "cpu_ms", "wall_ms")");
}

TEST(Printable, KeepsTextAndEscapesWhatWouldDisturbATerminal) {
  EXPECT_EQ(printable("plain, Grüße, 漢字, 🚀"), "plain, Grüße, 漢字, 🚀");
  EXPECT_EQ(printable("a\nb\x1b[2Jc\x7f"), R"(a\x0ab\x1b[2Jc\x7f)");
  EXPECT_EQ(printable("\xc2\x9b"), R"(\xc2\x9b)");  // a control character of two bytes
  EXPECT_EQ(printable(std::string_view("\0", 1)), R"(\x00)");
}

TEST(Printable, EscapesWhatIsNotUtf8) {
  EXPECT_EQ(printable("\xff"), R"(\xff)");
  EXPECT_EQ(printable("\xc3"), R"(\xc3)");                          // cut off
  EXPECT_EQ(printable("\xe2\x82"), R"(\xe2\x82)");                  // cut off
  EXPECT_EQ(printable("\xc0\xaf"), R"(\xc0\xaf)");                  // overlong
  EXPECT_EQ(printable("\xe0\x80\xaf"), R"(\xe0\x80\xaf)");          // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), R"(\xed\xa0\x80)");          // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), R"(\xf4\x90\x80\x80)");  // beyond U+10FFFF
  EXPECT_EQ(printable("\xc3(x"), R"(\xc3(x)");
}

TEST(Quotes, CutLongTextBetweenCharacters) {
  EXPECT_EQ(inQuotes("short"), R"("short")");
  const std::string longest(80, 'x');
  EXPECT_EQ(inQuotes(longest), '"' + longest + '"');
  EXPECT_EQ(inQuotes(longest + "x"), '"' + longest + R"(...")");
  const std::string shorter(79, 'x');
  EXPECT_EQ(inQuotes(shorter + "é"), '"' + shorter + R"(...")");
}

TEST(Name, TakesLowerCaseLettersDigitsAndHyphens) {
  EXPECT_TRUE(isValidName("a"));
  EXPECT_TRUE(isValidName("acme-2"));
  EXPECT_TRUE(isValidName(std::string(63, 'z')));
  for (const std::string_view name : {"", "Acme", "a_b", "a.b", "a/b", "a b", "é"}) {
    EXPECT_FALSE(isValidName(name)) << name;
  }
  EXPECT_FALSE(isValidName(std::string(64, 'z')));
}

}  // namespace
}  // namespace skiff
