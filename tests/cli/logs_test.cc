#include "tests/cli/run.h"

namespace skiff::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kLogs = "GET /v1/tenants/acme/apps/web/logs";

std::string line(std::string_view time, std::string_view message) {
  return "data: {\"time\":\"2024-05-01T12:00:0" + std::string(time) +
         "Z\",\"level\":\"info\",\"message\":\"" + std::string(message) + "\"}\n\n";
}

TEST(Logs, ArePrettyForPeopleAndRawForScripts) {
  ScriptedServer server;
  server.on(kLogs, eventStream(line("1", "one") + ": still here\n\n" + line("2", "two")));
  EXPECT_EQ(Place(server).run({"logs", "web"}).out, "12:00:01 info  one\n12:00:02 info  two\n");
  EXPECT_EQ(Place(server).run({"logs", "--app", "web", "--json"}).out,
            "{\"time\":\"2024-05-01T12:00:01Z\",\"level\":\"info\",\"message\":\"one\"}\n"
            "{\"time\":\"2024-05-01T12:00:02Z\",\"level\":\"info\",\"message\":\"two\"}\n");
}

TEST(Logs, GoOnAfterAConnectionBrokeWithoutRepeatingThemselves) {
  ScriptedServer server;
  server.on(kLogs + "?follow=1",
            {eventStream(line("1", "one") + line("2", "two")), "HTTP/1.1 200 OK\r\nbroken",
             eventStream(line("1", "one") + line("2", "two") + line("3", "three")),
             problem(404, "not_found", "The app is gone.")});
  const Ran ran = Place(server).run({"logs", "web", "-f"});
  EXPECT_EQ(ran.out, "12:00:01 info  one\n12:00:02 info  two\n12:00:03 info  three\n");
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("connecting again"), HasSubstr("The app is gone.")));
}

TEST(Logs, GiveUpWhenTheyAreToldTo) {
  ScriptedServer server;
  server.on(kLogs + "?follow=1", {eventStream(line("1", "one")), "nonsense"});
  const Ran ran = Place(server).run({"logs", "web", "-f", "--attempts", "1"});
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_THAT(ran.errors, HasSubstr("does not come back"));
}

TEST(Logs, ThatCannotBeFollowedSayWhy) {
  ScriptedServer server;
  server.on(kLogs + "?follow=1", problem(401, "unauthorized", "The token is not valid."));
  const Ran ran = Place(server).run({"logs", "web", "-f"});
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("not valid"), HasSubstr("skiff login")));
}

TEST(Logs, SayIfSomeWereLeftOut) {
  ScriptedServer server;
  server.on(kLogs, eventStream("event: skipped\ndata: {\"events\":7}\n\n" + line("1", "one")));
  const Ran ran = Place(server).run({"logs", "web"});
  EXPECT_EQ(ran.out, "12:00:01 info  one\n");
  EXPECT_THAT(ran.errors, HasSubstr("7 lines"));
}

TEST(Logs, LeaveNothingThatSteersATerminal) {
  ScriptedServer server;
  server.on(kLogs, eventStream("data: \x1b[2Jraw\n\n" + line("1", "\\u001b[31m\\u0007")));
  for (const auto& words : {std::vector<std::string>{"logs", "web"}, {"logs", "web", "--json"}}) {
    const Ran ran = Place(server).run(words);
    EXPECT_EQ(ran.out.find_first_of("\x1b\x07"), std::string::npos) << ran.out;
  }
}

}  // namespace
}  // namespace skiff::cli
