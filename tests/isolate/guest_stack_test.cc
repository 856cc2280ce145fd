// Where a guest stood when it failed: functions by name, lines of its sources, offsets in the
// module as its author has it.
#include <filesystem>
#include <fstream>

#include "isolate/wasm/stack_text.h"
#include "tests/isolate/guest_fixture.h"

namespace skiff::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// The number of the line in guests/test/crash* that is marked so.
std::string markedLine(const std::string& source, const std::string& mark) {
  std::ifstream file(std::filesystem::path(SKIFF_GUEST_SOURCES) / "test" / source);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::size_t at = line.find("HERE " + mark);
    if (at == std::string::npos) continue;
    const std::string rest = line.substr(at + 5 + mark.size());
    if (rest.empty() || rest == " */") return std::to_string(number);
  }
  ADD_FAILURE() << "no mark " << mark << " in " << source;
  return {};
}

/// "at divide (guests/test/crash.c:14) [function 12, offset 0x1a3]", whatever index and offset.
auto frame(const std::string& function, const std::string& source = "crash.c") {
  return AllOf(StartsWith("at " + function + " (guests/test/" + source + ":" +
                          markedLine(source, function) + ") [function "),
               HasSubstr(", offset 0x"), EndsWith("]"));
}

class GuestStackTest : public GuestTest {
 protected:
  /// The stack that a request leaves behind.
  std::vector<std::string> stackOf(InstancePool& pool, std::string_view target) {
    FakeExchange exchange;
    exchange.setRequest("GET", target);
    const auto guestRun = run(pool, exchange);
    guestRun->start();
    reason = guestRun->reason();
    detail = guestRun->detail();
    return wasm::stackLines(pool.module().symbols, guestRun->stack());
  }
};

struct Build {
  std::string guest;
  friend void PrintTo(const Build& build, std::ostream* os) { *os << build.guest; }
};
class EveryDebugInformation : public GuestStackTest, public ::testing::WithParamInterface<Build> {};
INSTANTIATE_TEST_SUITE_P(Dwarf, EveryDebugInformation,
                         ::testing::Values(Build{"test/crash"}, Build{"test/crash_unoptimised"},
                                           Build{"test/crash_dwarf5"}));

TEST_P(EveryDebugInformation, GivesEachFrameItsLine) {
  const auto pool = poolOf(GetParam().guest);
  EXPECT_THAT(stackOf(*pool, "/?divide=1"),
              ElementsAre(frame("divide"), frame("share"), frame("fail"), frame("handle_request")));
  EXPECT_EQ(reason, Reason::guestTrap);
  EXPECT_EQ(detail, "divide by zero");
}

TEST_P(EveryDebugInformation, TakesNoMoreMemoryThanTheSectionsThatItReplaces) {
  const auto bytes = guest(GetParam().guest);
  const auto pool = poolOf(GetParam().guest);
  EXPECT_LT(pool->module().symbols.bytes(), bytes.size());
}

TEST_F(GuestStackTest, AnExitWithAnErrorTellsWhereItWas) {
  const auto pool = poolOf("test/crash");
  const auto stack = stackOf(*pool, "/?exit=3");
  EXPECT_EQ(reason, Reason::guestExit);
  EXPECT_THAT(stack, ::testing::Contains(frame("leave")));
  EXPECT_THAT(stack.back(), frame("handle_request"));
  EXPECT_THAT(stack.front(), Not(HasSubstr("skiff:")));
}

TEST_F(GuestStackTest, AHostFunctionsTrapTellsWhoCalledIt) {
  const auto pool = poolOf("test/crash");
  const auto stack = stackOf(*pool, "/?misuse=9");
  EXPECT_EQ(reason, Reason::guestTrap) << detail;
  EXPECT_THAT(stack, ElementsAre(frame("misuse"), ::testing::_, frame("handle_request")))
      << "without the frames of the shim that stands between";
}

TEST_F(GuestStackTest, AnEndlessLoopTellsWhereItWasStopped) {
  limits.cpu = std::chrono::milliseconds(20);
  const auto pool = poolOf("test/crash");
  for (int i = 0; i < 3; ++i) {
    const auto stack = stackOf(*pool, "/?spin=1");
    EXPECT_EQ(reason, Reason::cpuLimit);
    ASSERT_THAT(stack, SizeIs(3));
    EXPECT_THAT(stack[0], StartsWith("at spin (guests/test/crash.c:"));
    EXPECT_THAT(stack[2], frame("handle_request"));
  }
}

TEST_F(GuestStackTest, AGuestThatWaitsTooLongTellsWhatItWaitsIn) {
  const auto pool = poolOf("test/crash");
  FakeExchange exchange;
  exchange.setRequest("GET", "/?rest=100");
  const auto guestRun = run(*pool, exchange);
  ASSERT_EQ(guestRun->start(), GuestRun::State::waiting);
  guestRun->cancel(Reason::wallLimit);
  EXPECT_THAT(wasm::stackLines(pool->module().symbols, guestRun->stack()),
              ::testing::Contains(frame("rest")));
}

TEST_F(GuestStackTest, AClientThatLeavesCostsNoStack) {
  const auto pool = poolOf("test/crash");
  FakeExchange exchange;
  exchange.setRequest("GET", "/?rest=100");
  const auto guestRun = run(*pool, exchange);
  ASSERT_EQ(guestRun->start(), GuestRun::State::waiting);
  guestRun->cancel(Reason::clientGone);
  EXPECT_THAT(guestRun->stack(), SizeIs(0));
}

TEST_F(GuestStackTest, ATrapBehindAWaitHasItsWholeStack) {
  const auto pool = poolOf("test/crash");
  pool->noteWaited();  // entered so that it can be suspended
  EXPECT_THAT(stackOf(*pool, "/?divide=1"),
              ElementsAre(frame("divide"), frame("share"), frame("fail"), frame("handle_request")));
}

TEST_F(GuestStackTest, ARecursionsStackIsCut) {
  const auto pool = poolOf("test/crash");
  const auto stack = stackOf(*pool, "/?recurse=1");
  EXPECT_EQ(reason, Reason::guestTrap);
  EXPECT_THAT(stack.size(), ::testing::AllOf(::testing::Ge(30U), ::testing::Le(32U)));
  EXPECT_THAT(stack[5], frame("recurse"));
}

TEST_F(GuestStackTest, ASourceMapGivesEachFrameItsLineToo) {
  const auto pool = poolOf("test/crash_mapped");
  const auto stack = stackOf(*pool, "/");
  ASSERT_THAT(stack, SizeIs(3));
  for (std::size_t i = 0; const char* const function : {"divide", "share"}) {
    EXPECT_THAT(stack[i++], AllOf(HasSubstr(function),
                                  HasSubstr("(test/crash.ts:" + markedLine("crash.ts", function) +
                                            ") [function ")));
  }
  // The compiler maps no line to this call.
  EXPECT_THAT(stack[2], StartsWith("at test/crash/handle_request [function "));
}

TEST_F(GuestStackTest, WithoutDwarfThereAreNames) {
  const auto pool = poolOf("test/crash_names");
  const auto stack = stackOf(*pool, "/?divide=1");
  ASSERT_THAT(stack, SizeIs(4));
  EXPECT_THAT(stack[0], StartsWith("at divide [function "));
  EXPECT_THAT(stack[3], StartsWith("at handle_request [function "));
}

TEST_F(GuestStackTest, AStrippedModuleHasFunctionIndexes) {
  const auto pool = poolOf("test/crash_stripped");
  const auto stack = stackOf(*pool, "/?divide=1");
  ASSERT_THAT(stack, SizeIs(4));
  for (const std::string& line : stack) {
    EXPECT_THAT(line, ::testing::MatchesRegex("at function [0-9]+ \\[offset 0x[0-9a-f]+\\]"));
  }
}

TEST_F(GuestStackTest, OffsetsAreThoseOfTheAuthorsModule) {
  const auto bytes = guest("test/crash_stripped");
  const auto pool = poolOf("test/crash_stripped");
  const auto stack = stackOf(*pool, "/?divide=1");
  ASSERT_THAT(stack, SizeIs(4));
  const std::string& line = stack.front();
  const std::size_t at = line.find("0x");
  ASSERT_NE(at, std::string::npos);
  const std::size_t offset = std::stoul(line.substr(at), nullptr, 16);
  ASSERT_LT(offset, bytes.size());
  constexpr std::uint8_t kI32DivS = 0x6d;
  EXPECT_EQ(bytes[offset], kI32DivS);
}

TEST_F(GuestStackTest, AFailedInitialisationTellsItsStack) {
  const auto prepared = tryPrepare(guest("test/crash_early"));
  ASSERT_FALSE(prepared.has_value());
  const std::string text = prepared.error().text();
  EXPECT_THAT(text, HasSubstr("trapped while initialising: divide by zero\n    at set_up "
                              "(guests/test/crash_early.c:" +
                              markedLine("crash_early.c", "set_up") + ")"));
}

TEST_F(GuestStackTest, AnExceptionThatNothingCaughtIsSaidToBeOne) {
  // (tag) (func (export "handle_request") (result i64) (throw 0))
  const std::vector<std::uint8_t> bytes = {
      0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x0d, 0x03, 0x60, 0x00, 0x01,
      0x7e, 0x60, 0x02, 0x7f, 0x7f, 0x00, 0x60, 0x00, 0x00, 0x03, 0x03, 0x02, 0x00, 0x01,
      0x05, 0x03, 0x01, 0x00, 0x00, 0x0d, 0x03, 0x01, 0x00, 0x02, 0x07, 0x2d, 0x03, 0x06,
      'm',  'e',  'm',  'o',  'r',  'y',  0x02, 0x00, 0x0e, 'h',  'a',  'n',  'd',  'l',
      'e',  '_',  'r',  'e',  'q',  'u',  'e',  's',  't',  0x00, 0x00, 0x0f, 'h',  'a',
      'n',  'd',  'l',  'e',  '_',  'r',  'e',  's',  'p',  'o',  'n',  's',  'e',  0x00,
      0x01, 0x0a, 0x09, 0x02, 0x04, 0x00, 0x08, 0x00, 0x0b, 0x02, 0x00, 0x0b};
  const auto prepared = tryPrepare(bytes);
  ASSERT_TRUE(prepared.has_value()) << prepared.error().text();
  InstancePool pool(shard, *prepared, {});
  get(pool);
  EXPECT_EQ(reason, Reason::guestTrap);
  EXPECT_THAT(detail, HasSubstr("exception"));
}

}  // namespace
}  // namespace skiff::testing
