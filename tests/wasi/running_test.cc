#include <gmock/gmock.h>

#include "tests/wasi/wasi_run.h"

namespace skiff::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// The test guest that does what its argument says.
ProgramRun run(const std::vector<std::string>& options, const std::vector<std::string>& arguments,
               const StandardInput& input = StandardInput("")) {
  return runProgram(options, "program", arguments, input);
}

struct Named {
  const char* name;
  std::vector<std::string> options;
  std::vector<std::string> arguments;
  int code;
  const char* error;  ///< part of what standard error says; nothing: it says nothing
};

void PrintTo(const Named& named, std::ostream* out) {
  *out << named.name;
}

class WasiRun : public ::testing::TestWithParam<Named> {};

TEST_P(WasiRun, ExitsAsItsProgramEnds) {
  const ProgramRun ended = run(GetParam().options, GetParam().arguments);
  EXPECT_EQ(ended.ending, (e2e::Ending{GetParam().code, 0})) << ended.text();
  if (GetParam().error) {
    EXPECT_THAT(ended.error, HasSubstr(GetParam().error));
  } else {
    EXPECT_EQ(ended.error, "");
  }
}

const Named kEndings[] = {
    {"Zero", {}, {"exit", "0"}, 0, nullptr},
    {"ItsOwnCode", {}, {"exit", "42"}, 42, nullptr},
    {"TheLargestCode", {}, {"exit", "255"}, 255, nullptr},
    {"ACodeThatDoesNotFit", {}, {"exit", "256"}, 255, nullptr},
    {"ATrap", {}, {"trap"}, 134, "guest_trap: "},
    {"TheStackOfATrap", {}, {"trap"}, 134, "main"},
    {"TooMuchTime", {"--cpu-ms", "30"}, {"spin"}, 152, "cpu_limit: "},
    {"TimeThatOnlyPasses", {"--cpu-ms", "300"}, {"sleep", "700"}, 0, nullptr},
    {"MemoryAndTmpTogetherTooMuch",
     {"--tmp", "--memory", "3MiB"},
     {"overdraw", "1000"},
     1,
     "second half: Out of memory"},
    {"MemoryAloneTooMuch", {"--tmp", "--memory", "2MiB"}, {"overdraw", "1500"}, 1, "first half"},
    {"EnoughForBoth", {"--tmp", "--memory", "8MiB"}, {"overdraw", "900"}, 0, nullptr},
    {"NoTmpUnlessAsked", {}, {"fill-tmp"}, 1, "/tmp/full: "},
    {"AProgramThatComplains", {}, {"other"}, 3, "nothing to do: other\n"},
    {"AnUnknownOption", {"--spin"}, {}, 2, "--spin"},
    {"BadMemory", {"--memory", "1MB"}, {}, 2, "64KiB to 4GiB, such as 64MiB"},
    {"BadVariable", {"--env", "NAME"}, {}, 2, "\"NAME\" is not NAME=VALUE"},
    {"NoSuchDirectory", {"--dir", "/no/such/place::/"}, {}, 2, "/no/such/place is not a directory"},
};

INSTANTIATE_TEST_SUITE_P(Endings, WasiRun, ::testing::ValuesIn(kEndings),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(WasiRunStreams, PassEveryByteThrough) {
  std::string bytes;
  for (int i = 0; i < 30'000; ++i) bytes.push_back(static_cast<char>(i % 256));
  const ProgramRun ended = run({}, {"cat"}, StandardInput(bytes));
  EXPECT_EQ(ended.ending, (e2e::Ending{0, 0})) << ended.error;
  EXPECT_EQ(ended.output, bytes);
}

TEST(WasiRunStreams, WaitForInputThatIsNotThereYet) {
  const StandardInput input = StandardInput::silent();
  e2e::Process process = startProgram({}, "program", {"cat"}, input);
  input.send("late\n");
  EXPECT_EQ(process.waitForLine(e2e::Process::Stream::output, "late"), "late");
}

TEST(WasiRunStreams, AreNoTerminalsWhereTheyAreNone) {
  EXPECT_EQ(run({}, {"terminal"}).output, "000\n");
}

TEST(WasiRunTmp, HoldsWhatTheMemoryLimitLeaves) {
  const ProgramRun ended = run({"--tmp", "--memory", "4MiB"}, {"fill-tmp"});
  EXPECT_EQ(ended.ending, (e2e::Ending{0, 0})) << ended.error;
  // The program itself has 1 MiB of the 4.
  EXPECT_THAT(ended.output, ContainsRegex("^(2[89]|30)[0-9][0-9] KiB: No space left on device\n$"));
}

TEST(WasiRunEnvironment, IsWhatWasNamedAndNothingElse) {
  const ProgramRun ended =
      runProgram({"--env", "A=b", "--env", "C=d=e"}, "../cgi", {"one", "--two"});
  EXPECT_THAT(ended.output, AllOf(HasSubstr("arguments:\n"), HasSubstr("  one\n  --two\n"),
                                  HasSubstr("environment:\n  A=b\n  C=d=e\n\nbody:\n")));
}

}  // namespace
}  // namespace skiff::testing
