// What the author of a guest is told when it fails: in the app's log always, in the answer with
// `debug = true`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class AFailingGuest : public ::testing::Test {
 protected:
  static ConfigText config() {
    ConfigText config;
    config.apps = {{"open", "test/crash", "debug = true\n", "cpu_ms = 20\n"},
                   {"closed", "test/crash", {}, "cpu_ms = 20\n"},
                   {"stripped", "test/crash_stripped", "debug = true\n", {}}};
    return config;
  }
  /// The entry of the app's log for the request that this problem answered.
  std::string logged(const Response& problem) {
    const std::string id = AccessLine{problem.body}.value("request_id");
    EXPECT_NE(id, "") << problem.body;
    return daemon.process().waitForLine(Process::Stream::output,
                                        "\"request_id\":\"" + id + "\",\"level\":\"error\"");
  }
  Daemon daemon{config()};
};

TEST_F(AFailingGuest, TellsItsAuthorWhereInTheLog) {
  const Response response = daemon.get("closed.test", "/?divide=1");
  EXPECT_EQ(response.status, 502);
  EXPECT_THAT(
      logged(response),
      AllOf(HasSubstr(R"("tenant":"acme","app":"closed")"),
            HasSubstr(
                R"("message":"guest_trap: divide by zero\n    at divide (guests/test/crash.c:)"),
            HasSubstr(R"(\n    at handle_request (guests/test/crash.c:)")));
}

TEST_F(AFailingGuest, TellsClientsNothingOfItself) {
  for (const char* target : {"/?divide=1", "/?exit=3", "/?spin=1", "/?misuse=9"}) {
    const Response response = daemon.get("closed.test", target);
    EXPECT_THAT(response.body,
                AllOf(HasSubstr("\"reason\""), Not(HasSubstr("detail")), Not(HasSubstr("stack")),
                      Not(HasSubstr("crash.c")), Not(HasSubstr("divide"))));
  }
}

TEST_F(AFailingGuest, TellsItsClientsWithDebug) {
  struct Case {
    std::string target;
    std::string reason;
    std::string detail;
    std::string frame;
  };
  const Case cases[] = {
      {"/?divide=1", "guest_trap", R"("detail":"divide by zero")",
       "at divide (guests/test/crash.c:"},
      {"/?exit=3", "guest_exit", "code 3", "at leave (guests/test/crash.c:"},
      {"/?spin=1", "cpu_limit", "CPU time", "at spin (guests/test/crash.c:"},
      {"/?misuse=9", "guest_trap", "write_body", "at misuse (guests/test/crash.c:"},
      {"/?recurse=1", "guest_trap", "stack", "at recurse (guests/test/crash.c:"},
  };
  for (const Case& one : cases) {
    const Response response = daemon.get("open.test", one.target);
    EXPECT_EQ(response.field("skiff-reason"), one.reason);
    EXPECT_THAT(response.body, AllOf(HasSubstr(one.detail), HasSubstr(R"("stack":[")"),
                                     HasSubstr(one.frame), Not(HasSubstr("skiff:"))));
    EXPECT_LT(response.body.size(), 8'192u);
  }
}

TEST_F(AFailingGuest, IsNamedByIndexIfItWasStripped) {
  const Response response = daemon.get("stripped.test", "/?divide=1");
  EXPECT_THAT(response.body, HasSubstr(R"("stack":["at function )"));
}

TEST_F(AFailingGuest, DoesNotFloodItsLog) {
  constexpr int kRequests = 200;
  for (int i = 0; i < kRequests; ++i) daemon.get("closed.test", "/?divide=1");
  // One of them when it began, and the number of the others when the second was over.
  EXPECT_NE(daemon.process().waitForLine(Process::Stream::output, "times more)"), "");
  const std::string output = daemon.process().text(Process::Stream::output);
  int entries = 0;
  for (std::size_t at = output.find("guest_trap: divide by zero\\n"); at != std::string::npos;
       at = output.find("guest_trap: divide by zero\\n", at + 1)) {
    ++entries;
  }
  EXPECT_GE(entries, 1);
  EXPECT_LT(entries, kRequests / 4);
}

TEST(AGuestThatFailsToInitialise, IsRefusedWithItsStack) {
  const TemporaryFolder folder;
  ConfigText config;
  config.apps = {{"early", "test/crash_early", {}, {}}};
  std::ofstream(folder / "skiff.toml") << config.text();
  const CheckResult result = check(folder / "skiff.toml");
  EXPECT_EQ(result.ending, (Ending{1, 0}));
  EXPECT_THAT(result.error, AllOf(StartsWith("acme/early: "), HasSubstr("divide by zero"),
                                  HasSubstr("\n    at set_up (guests/test/crash_early.c:")));
}

}  // namespace
}  // namespace skiff::e2e
