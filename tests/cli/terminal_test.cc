#include <sstream>

#include "cli/terminal/human.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/table.h"
#include "cli/text_result.h"

namespace skiff::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Streams {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream errors;
  Console console{.in = in, .out = out, .errors = errors, .askSecret = {}};
};

TEST(HumanBytes, HasThreeDigitsAtMost) {
  EXPECT_EQ(humanBytes(0), "0 B");
  EXPECT_EQ(humanBytes(999), "999 B");
  EXPECT_EQ(humanBytes(1000), "1.0 KiB");
  EXPECT_EQ(humanBytes(1536), "1.5 KiB");
  EXPECT_EQ(humanBytes(64 << 20), "64 MiB");
  EXPECT_EQ(humanBytes(1023 * 1024), "1.0 MiB");
  EXPECT_EQ(humanBytes(UINT64_MAX), "16384 PiB");
}

TEST(HumanTime, TellsHowLongAgo) {
  const auto now = *parseTime("2024-05-01T12:00:00Z");
  EXPECT_EQ(humanTime("2024-05-01T12:00:00.9Z", now), "now");
  EXPECT_EQ(humanTime("2024-05-01T11:59:18Z", now), "42 s ago");
  EXPECT_EQ(humanTime("2024-05-01T13:30:00Z", now), "in 1 h");
  EXPECT_EQ(humanTime("2024-04-30T11:00:00Z", now), "1 day ago");
  EXPECT_EQ(humanTime("2024-02-29T12:00:00Z", now), "62 days ago");
}

TEST(HumanTime, LeavesWhatIsNoTime) {
  const auto now = *parseTime("2024-05-01T12:00:00Z");
  for (const std::string_view text : {"", "yesterday", "2024-02-30T00:00:00Z", "2024-05-01",
                                      "2024-05-01T12:00:00", "+024-05-01T12:00:00Z"}) {
    EXPECT_EQ(humanTime(text, now), text);
  }
}

TEST(ShortVersion, IsTheFirstTwelveDigits) {
  EXPECT_EQ(shortVersion("sha256:0123456789abcdef"), "0123456789ab");
  EXPECT_EQ(shortVersion("0123456789abcdef"), "0123456789ab");
  EXPECT_EQ(shortVersion("01"), "01");
}

TEST(HumanCount, GroupsThousands) {
  EXPECT_EQ(humanCount(0), "0");
  EXPECT_EQ(humanCount(999), "999");
  EXPECT_EQ(humanCount(1234567), "1,234,567");
}

TEST(Table, IsAsWideAsWhatIsInIt) {
  Streams streams;
  Table table({{"NAME"}, {"SIZE", Table::Align::right}, {"NOTE"}});
  table.add({"web", "1 KiB", "größer"});
  table.add({"a-long-name", "12 MiB", ""});
  EXPECT_EQ(table.text(streams.console),
            "NAME           SIZE  NOTE\n"
            "web           1 KiB  größer\n"
            "a-long-name  12 MiB\n");
}

TEST(Table, IsCutToTheTerminal) {
  Streams streams;
  streams.console.width = 12;
  Table table({{"NAME"}, {"NOTE"}});
  table.add({"web", "a note that is long"});
  EXPECT_EQ(table.text(streams.console), "NAME  NOTE\nweb   a not…\n");
}

TEST(Table, LeavesNothingThatSteersATerminal) {
  Streams streams;
  Table table({{"NAME"}});
  table.add({"\x1b[2J\nX"});
  EXPECT_EQ(table.text(streams.console), "NAME\n\\x1b[2J\\x0aX\n");
}

TEST(Table, HasColoursOnlyWhereTheyAreSeen) {
  Streams streams;
  Table table({{"N"}});
  table.add({{"x", Style::bad}});
  EXPECT_THAT(table.text(streams.console), Not(HasSubstr("\x1b")));
  streams.console.isStyled = true;
  EXPECT_THAT(table.text(streams.console), HasSubstr("\x1b[31mx\x1b[0m"));
}

TEST(Progress, IsSilentWhereNobodyLooks) {
  Streams streams;
  {
    Progress progress(streams.console);
    progress.update("pull", "layer", 1, 2);
  }
  EXPECT_EQ(streams.errors.str(), "");
}

TEST(Progress, DrawsABarAndLeavesALineForEachStep) {
  Streams streams;
  streams.console.isLively = true;
  std::chrono::steady_clock::time_point now{};
  Progress progress(streams.console, [&] { return now; });
  progress.update("pull", "", 1 << 20, 4 << 20);
  EXPECT_THAT(streams.errors.str(), HasSubstr("[======>"));
  EXPECT_THAT(streams.errors.str(), HasSubstr("1.0 MiB of 4.0 MiB"));
  now += std::chrono::seconds(2);
  progress.update("pull", "", 4 << 20, 4 << 20);
  EXPECT_THAT(streams.errors.str(), HasSubstr("2.0 MiB/s"));
  progress.update("verify", "\x1b[31mred", 0, 0);
  EXPECT_THAT(streams.errors.str(), HasSubstr("pull     4.0 MiB, 2.0 MiB/s\x1b[K\n"));
  EXPECT_THAT(streams.errors.str(), HasSubstr("verify   \\x1b[31mred"));
}

TEST(Progress, IsNotRedrawnForEachByte) {
  Streams streams;
  streams.console.isLively = true;
  Progress progress(streams.console, [] { return std::chrono::steady_clock::time_point{}; });
  for (int i = 1; i <= 1000; ++i) progress.update("pull", "", i, 1000);
  EXPECT_LT(streams.errors.str().size(), 200U);
}

TEST(ReadSecret, TakesStandardInputWithoutTheLastNewline) {
  Streams streams;
  streams.in.str("two\nlines\n");
  EXPECT_EQ(*readSecret(streams.console, "value"), "two\nlines");
}

TEST(ReadSecret, AsksWhereThereIsSomebody) {
  Streams streams;
  std::string prompt;
  streams.console.askSecret = [&](std::string_view text) -> Result<std::string> {
    prompt = text;
    return textResult("typed");
  };
  EXPECT_EQ(*readSecret(streams.console, "value"), "typed");
  EXPECT_EQ(prompt, "value: ");
}

TEST(ReadSecret, RefusesNothingAndTooMuch) {
  Streams streams;
  EXPECT_FALSE(readSecret(streams.console, "value"));
  streams.in.clear();
  streams.in.str(std::string((64 << 10) + 1, 'x'));
  EXPECT_FALSE(readSecret(streams.console, "value"));
}

}  // namespace
}  // namespace skiff::cli
