#include "server/observe/json_text.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "server/observe/log_time.h"

namespace skiff {
namespace {

std::string jsonString(std::string_view text) {
  std::string out;
  appendJsonString(out, text);
  return out;
}

struct Escape {
  std::string name;
  std::string text;
  std::string json;
};

class Escapes : public testing::TestWithParam<Escape> {};

TEST_P(Escapes, MakeAnyTextASafeJsonString) {
  EXPECT_EQ(jsonString(GetParam().text), GetParam().json);
}

INSTANTIATE_TEST_SUITE_P(
    JsonText, Escapes,
    testing::Values(
        Escape{"empty", "", R"("")"}, Escape{"plain", "/a?b=c", R"("/a?b=c")"},
        Escape{"quote_and_backslash", "a\"b\\c", R"("a\"b\\c")"},
        Escape{"line_ends", "a\r\nb\tc", R"("a\r\nb\tc")"},
        Escape{"controls", std::string("\0\x1b[31m\x7f", 7), R"("\u0000\u001b[31m\u007f")"},
        Escape{"c1_controls",
               "\xC2\x9B"
               "31m",
               R"("\u009b31m")"},
        Escape{"utf8", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80",
               "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        Escape{"lone_continuation", "a\x80z", "\"a\xEF\xBF\xBDz\""},
        Escape{"overlong", "\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        Escape{"overlong_three", "\xE0\x80\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        Escape{"surrogate", "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        Escape{"beyond_unicode", "\xF4\x90\x80\x80",
               "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        Escape{"truncated_at_the_end", "a\xE2\x82", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""}),
    [](const auto& tested) { return tested.param.name; });

TEST(JsonText, EveryPairOfBytesIsReadableJson) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
      boost::system::error_code error;
      const auto value = boost::json::parse(jsonString({bytes, 2}), error);
      ASSERT_FALSE(error) << first << " " << second;
      ASSERT_TRUE(value.is_string());
    }
  }
}

TEST(JsonText, CutsLongTextBetweenCharacters) {
  const auto cut = [](std::string_view text, std::size_t limit) {
    std::string out;
    appendJsonString(out, text, limit);
    return out;
  };
  EXPECT_EQ(cut("abc", 3), R"("abc")");
  EXPECT_EQ(cut("abcd", 3), "\"abc\xE2\x80\xA6\"");
  EXPECT_EQ(cut("ab\xE2\x82\xAC", 4), "\"ab\xE2\x80\xA6\"");
  EXPECT_EQ(cut("\x80\x80\x80\x80\x80\x80", 5),
            "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xE2\x80\xA6\"");
  EXPECT_EQ(cut("abc", 0), "\"\xE2\x80\xA6\"");
}

TEST(LogTime, IsRfc3339InUtcWithMilliseconds) {
  using namespace std::chrono;
  LogTime time;
  const auto at = [&time](std::int64_t ms) {
    return std::string(time.format(system_clock::time_point(milliseconds(ms))));
  };
  EXPECT_EQ(at(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(at(1), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(at(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(at(1'709'210'096'789), "2024-02-29T12:34:56.789Z");
}

}  // namespace
}  // namespace skiff
