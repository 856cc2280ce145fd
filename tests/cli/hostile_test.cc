// Answers of a daemon that is no friend: whatever comes, nothing steers the terminal, nothing grows
// without end, and each command ends.
#include "tests/cli/run.h"

namespace skiff::cli {
namespace {

const std::string kEvil = "\\u001b]0;owned\\u0007\\u009b2J\\r\\n\\u0000";
constexpr const char* kSteering = "\x1b\x07\r\x7f";

/// Commands with the requests that they make first.
struct CommandCase {
  std::string name;
  std::vector<std::string> words;
  std::string line;
};

std::vector<CommandCase> commands() {
  const std::string app = "/v1/tenants/acme/apps/web";
  return {{"Tenants", {"tenants"}, "GET /v1/tenants?limit=1000"},
          {"Tenant", {"tenants", "show", "acme"}, "GET /v1/tenants/acme"},
          {"Apps", {"apps"}, "GET /v1/tenants/acme/apps?limit=1000"},
          {"App", {"apps", "show", "web"}, "GET " + app},
          {"Versions", {"versions", "web"}, "GET " + app + "/versions?limit=100"},
          {"Split", {"split", "web"}, "GET " + app + "/deployment"},
          {"Rollback", {"rollback", "web"}, "POST " + app + "/rollback"},
          {"Logs", {"logs", "web"}, "GET " + app + "/logs"},
          {"Secrets", {"secrets", "--app", "web"}, "GET " + app},
          {"Tokens", {"tokens"}, "GET /v1/tokens?limit=1000"},
          {"Token", {"tokens", "create"}, "POST /v1/tokens"},
          {"Audit", {"audit"}, "GET /v1/audit?limit=50"},
          {"Top", {"top"}, "GET /v1/status?limit=1000"}};
}

class HostileAnswer : public ::testing::TestWithParam<CommandCase> {
 protected:
  Ran run(const std::string& bytes, bool asJson = false) {
    ScriptedServer server;
    server.on(GetParam().line, bytes);
    std::vector<std::string> words = GetParam().words;
    if (asJson) words.push_back("--json");
    return Place(server).run(words);
  }
  static void expectHarmless(const Ran& ran) {
    EXPECT_EQ(ran.out.find_first_of(kSteering), std::string::npos) << ran.out;
    EXPECT_EQ(ran.errors.find_first_of(kSteering), std::string::npos) << ran.errors;
    EXPECT_EQ((ran.out + ran.errors).find("\xC2\x9B"), std::string::npos);
    EXPECT_EQ((ran.out + ran.errors).find('\0'), std::string::npos);
  }
};

TEST_P(HostileAnswer, OfEscapesInEveryMemberIsHarmless) {
  const std::string item =
      R"({"name":"E","id":"E","source":"E","clock":"E","updated":"E","version":"E","abi":"E",)"
      R"("reference":"E","created_by":"E","created":"E","signature":{"verdict":"E","policy":"E"},)"
      R"("routes":["E"],"hosts":["E"],"secrets":["E"],"limits":{"E":"E"},"env":{"E":"E"},)"
      R"("deployment":{"split":[{"version":"E","weight":1}],"sticky":"E"},"sticky":"E",)"
      R"("split":[{"version":"E","weight":1}],"scope":"E","tenant":"E","note":"E","token":"E",)"
      R"("actor":"E","action":"E","subject":"E","time":"E","app":"E","origin":"E")";
  std::string text = item + ",\"items\":[" + item + "}]}";
  for (std::size_t at = 0; (at = text.find("\"E\"", at)) != std::string::npos;) {
    text.replace(at + 1, 1, kEvil);
  }
  expectHarmless(run(answer(200, text)));
  expectHarmless(run(answer(200, text), true));
  expectHarmless(run(problem(409, kEvil, kEvil,
                             R"(,"reason":")" + kEvil + R"(","errors":[{"key":")" + kEvil +
                                 R"(","message":")" + kEvil + R"("}])")));
  expectHarmless(run(eventStream("event: \x1b[2J\ndata: " + text + "\n\ndata: \x1b[2J\n\n")));
}

TEST_P(HostileAnswer, OfAnotherKindIsNotTaken) {
  for (const std::string_view body : {"", "null", "[]", "1", "\"x\"", "<html>", "{\"items\":"}) {
    const Ran ran = run(answer(200, body));
    EXPECT_EQ(ran.status, ExitStatus::failed) << body;
    expectHarmless(ran);
  }
}

TEST_P(HostileAnswer, WithMembersOfOtherKindsIsHarmless) {
  expectHarmless(run(answer(
      200, R"({"items":[1,null,[],{},{"name":1,"split":2,"routes":{},"versions":7}],"next":7,)"
           R"("limits":[1],"deployment":"x","split":[1,{"weight":-5},{"weight":1e308}]})")));
}

TEST_P(HostileAnswer, ThatIsCutEndsTheCommand) {
  const std::string whole = answer(200, R"({"items":[{"name":"x"}]})");
  for (std::size_t size = 0; size + 1 < whole.size(); size += 7) {
    EXPECT_EQ(run(whole.substr(0, size)).status, ExitStatus::failed) << size;
  }
}

TEST_P(HostileAnswer, OfDeepNestingIsNotTaken) {
  EXPECT_NE(run(answer(200, std::string(1 << 20, '['))).status, ExitStatus::success)
      << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(Commands, HostileAnswer, ::testing::ValuesIn(commands()),
                         [](const auto& test) { return test.param.name; });

TEST(AListWithoutEnd, IsNotFollowedForEver) {
  ScriptedServer server;
  // Each page says that there is one more.
  server.on("GET /v1/tenants?limit=1000", answer(200, R"({"items":[],"next":"a"})"));
  server.on("GET /v1/tenants?limit=1000&after=a", answer(200, R"({"items":[],"next":"a"})"));
  EXPECT_EQ(Place(server).run({"tenants"}).status, ExitStatus::success);
  EXPECT_EQ(server.asked().size(), 2U);
}

TEST(AnEventWithoutEnd, IsNotKept) {
  ScriptedServer server;
  server.on("GET /v1/tenants/acme/apps/web/logs",
            eventStream("data: " + std::string(3 << 20, 'x')));
  const Ran ran = Place(server).run({"logs", "web"});
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_THAT(ran.errors, ::testing::HasSubstr("longer than 1 MiB"));
}

}  // namespace
}  // namespace skiff::cli
