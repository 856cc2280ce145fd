#include "cli/commands/log_line.h"

#include <sstream>

namespace skiff::cli {
namespace {

using ::testing::HasSubstr;

std::string text(std::string_view line, bool isStyled = false) {
  std::istringstream in;
  std::ostringstream out;
  const Console console{.in = in, .out = out, .errors = out, .isStyled = isStyled, .askSecret = {}};
  return logLineText(console, line);
}

TEST(LogLine, OfAGuestIsTimeLevelAndMessage) {
  EXPECT_EQ(text(R"({"time":"2024-05-01T12:00:00.123Z","tenant":"acme","app":"web",)"
                 R"("request_id":"r","level":"warn","message":"hello"})"),
            "12:00:00.123 warn  hello");
}

TEST(LogLine, KeepsAStackTogether) {
  EXPECT_EQ(text(R"({"time":"T1Z","level":"error","message":"guest_trap\n  at f\n"})"),
            "1 error guest_trap\n      at f");
}

TEST(LogLine, OfARequestIsItsStatus) {
  EXPECT_EQ(text(R"({"time":"2024-05-01T12:00:00.123Z","method":"GET","host":"a.b","path":"/x",)"
                 R"("status":503,"reason":"cpu_limit","duration_ms":51.25})"),
            "12:00:00.123 503   GET a.b/x  51.2 ms  cpu_limit");
}

TEST(LogLine, StaysIfItIsSomethingElse) {
  EXPECT_EQ(text("not json \x1b[2J"), "not json \\x1b[2J");
  EXPECT_EQ(text("{}"), "{}");
  EXPECT_EQ(text(""), "");
}

TEST(LogLine, LeavesNothingThatSteersATerminal) {
  const std::string line =
      text(R"({"time":"\u001b[1T\u001b[2J","level":"\u001b]0;x","message":"a\u009bb\rc"})");
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_THAT(line, HasSubstr("a\\xc2\\x9bb\\x0dc"));
}

TEST(LogLine, HasColoursByItsLevel) {
  EXPECT_THAT(text(R"({"time":"","level":"error","message":"x"})", true),
              HasSubstr("\x1b[31merror\x1b[0m"));
}

TEST(PrintedLines, AreNotPrintedAgainAfterAConnectionBroke) {
  PrintedLines lines;
  EXPECT_TRUE(lines.take("a"));
  EXPECT_TRUE(lines.take("a"));  // two that are the same
  EXPECT_TRUE(lines.take("b"));
  lines.reconnected();
  EXPECT_FALSE(lines.take("a"));
  EXPECT_FALSE(lines.take("b"));
  EXPECT_TRUE(lines.take("c"));
  EXPECT_TRUE(lines.take("a"));  // new ones may be the same as old ones
}

TEST(PrintedLines, DoNotGrowWithoutEnd) {
  PrintedLines lines;
  for (int i = 0; i < 10'000; ++i) lines.take("line " + std::to_string(i));
  lines.reconnected();
  EXPECT_FALSE(lines.take("line 9999"));
  lines.reconnected();
  EXPECT_TRUE(lines.take("line 1"));
}

}  // namespace
}  // namespace skiff::cli
