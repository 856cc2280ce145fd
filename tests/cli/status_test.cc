// status, metrics and top.
#include "server/admin/admin_server.h"
#include "tests/cli/run.h"

namespace skiff::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// An admin listener as the daemon has it, without the API.
class Daemon {
 public:
  explicit Daemon(std::vector<std::string> notReady = {})
      : server_({.metrics = [] { return std::string("skiff_isolates 3\nother 1\n"); },
                 .notReady = [notReady] { return notReady; },
                 .engine = "V8 14.6"},
                {"127.0.0.1", 0}) {
    if (!server_.start()) throw std::runtime_error("no port for the test");
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  Ran run(std::vector<std::string> words) const {
    words.insert(words.end(), {"--admin", url()});
    return Place().run(words);
  }

 private:
  AdminServer server_;
};

TEST(StatusCommand, TellsOfADaemonThatIsReady) {
  const Daemon daemon;
  const Ran ran = daemon.run({"status"});
  EXPECT_EQ(ran.status, ExitStatus::success);
  EXPECT_EQ(ran.out,
            "skiffd " SKIFF_VERSION " at " + daemon.url() + "\nengine  V8 14.6\nstate   ready\n");
  EXPECT_EQ(ran.errors, "");
}

TEST(StatusCommand, ListsWhatADaemonIsWaitingFor) {
  const Daemon daemon({"acme/hello: preparing", "globex/\x1b[2Jcgi"});
  const Ran ran = daemon.run({"status"});
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_THAT(ran.out, HasSubstr("state   not ready, waiting for\n"
                                 "        acme/hello: preparing\n"
                                 "        globex/\\x1b[2Jcgi\n"));
}

TEST(StatusCommand, SaysWhatToDoWhenNobodyListens) {
  std::string url;
  {
    const ScriptedServer closed;
    url = closed.url();
  }
  const Ran ran = Place().run({"status", "--admin", url});
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("Connection refused"), HasSubstr("Is skiffd running"),
                                HasSubstr("--admin"), HasSubstr("SKIFF_ADMIN")));
}

struct OtherCase {
  std::string_view name;
  std::string answer;
};

class AnswerOfAnotherServer : public ::testing::TestWithParam<OtherCase> {};

TEST_P(AnswerOfAnotherServer, IsNotTakenForADaemon) {
  ScriptedServer server;
  server.on("GET /healthz", GetParam().answer);
  server.on("GET /metrics", GetParam().answer);
  for (const char* command : {"status", "metrics"}) {
    const Ran ran = Place(server).run({command});
    EXPECT_EQ(ran.status, ExitStatus::failed);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.errors, HasSubstr("[admin] listen"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Answers, AnswerOfAnotherServer,
    ::testing::Values(OtherCase{"NotHttp", "220 mail.example ESMTP\r\n"},
                      OtherCase{"NotFound", answer(404, "no such page")},
                      OtherCase{"BrokenOff", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"},
                      OtherCase{"EndlessHead",
                                "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(StatusCommand, IsNotMisledByJsonOfAnotherKind) {
  for (const std::string_view body :
       {"{\"status\":1}", "[]", "\"ok\"", "{\"status\":\"up\"}", ""}) {
    ScriptedServer server;
    server.on("GET /healthz", answer(200, body));
    EXPECT_EQ(Place(server).run({"status"}).status, ExitStatus::failed) << body;
  }
}

TEST(MetricsCommand, PrintsAllOrThoseThatMatch) {
  const Daemon daemon;
  EXPECT_EQ(daemon.run({"metrics"}).out, "skiff_isolates 3\nother 1\n");
  const Ran matching = daemon.run({"metrics", "isol"});
  EXPECT_EQ(matching.out, "skiff_isolates 3\n");
  EXPECT_EQ(matching.status, ExitStatus::success);
}

TEST(MetricsCommand, IsNegativeIfNothingMatches) {
  const Ran ran = Daemon().run({"metrics", "nothing like it"});
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_EQ(ran.out, "");
}

std::string statusText(std::string_view webCpu) {
  return R"({"version":"1","uptime_s":7200,"tenants":2,"apps":2,"loaded":1,"instances":3,"items":[)"
         R"({"tenant":"acme","app":"web","versions":["a"],"loaded":true,"requests":1234,"failed":2,)"
         R"("cpu_us":)" +
         std::string(webCpu) + R"(,"memory_bytes":1048576,"instances":4},)" +
         R"({"tenant":"globex","app":"api\u001b[2J","requests":1,"cpu_us":5000000}]})";
}

struct StatusWithToken : ::testing::Test {
  StatusWithToken() {
    server.on("GET /healthz", answer(200, R"({"status":"ok","version":"1","engine":"V8"})"));
    server.on("GET /readyz", answer(200, R"({"status":"ready"})"));
    server.on("GET /v1/status?limit=1000", answer(200, statusText("1500000")));
  }
  ScriptedServer server;
};

TEST_F(StatusWithToken, ListsTheApps) {
  const Ran ran = Place(server).run({"status"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("state   ready\n"), HasSubstr("up      2 h\n"),
                             HasSubstr("acme    web "), HasSubstr("1,234"), HasSubstr("1.5 s"),
                             HasSubstr("1.0 MiB"), Not(HasSubstr("\x1b"))));
}

TEST_F(StatusWithToken, ListsTheAppsOfAllPages) {
  server.on("GET /v1/status?limit=1000",
            answer(200, R"({"items":[{"tenant":"acme","app":"one"}],"next":"acme/one"})"));
  server.on("GET /v1/status?limit=1000&after=acme%2Fone",
            answer(200, R"({"items":[{"tenant":"acme","app":"two"}],"next":null})"));
  EXPECT_THAT(Place(server).run({"status"}).out, AllOf(HasSubstr("one"), HasSubstr("two")));
}

TEST_F(StatusWithToken, PrintsOneObjectForScripts) {
  const Ran ran = Place(server).run({"status", "--json"});
  EXPECT_THAT(ran.out, AllOf(::testing::StartsWith("{\"health\":{"), HasSubstr("\"readiness\":{"),
                             HasSubstr("\"status\":{"), ::testing::EndsWith("}\n")));
}

TEST_F(StatusWithToken, KeepsItsStatusIfTheDaemonIsNotReady) {
  server.on("GET /readyz", answer(503, R"({"status":"not_ready","not_ready":["x"]})"));
  EXPECT_EQ(Place(server).run({"status"}).status, ExitStatus::negative);
  EXPECT_EQ(Place(server).run({"status", "--json"}).status, ExitStatus::negative);
}

TEST_F(StatusWithToken, TopPrintsOneTableWithoutATerminal) {
  const Ran ran = Place(server).run({"top"});
  EXPECT_EQ(ran.status, ExitStatus::success);
  EXPECT_LT(ran.out.find("globex"), ran.out.find("acme"));  // more CPU time
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
}

TEST_F(StatusWithToken, TopTellsWhatIsUsedBetweenTwoLooks) {
  server.on("GET /v1/status?limit=1000",
            {answer(200, statusText("1500000")), answer(200, statusText("1900000"))});
  const Ran ran = Place(server).run({"top", "--count", "2", "--interval", "0.05"});
  const std::string second = ran.out.substr(ran.out.rfind("CPU %"));
  EXPECT_LT(second.find("acme"), second.find("globex"));  // only this one works
}

TEST_F(StatusWithToken, TopDrawsOverItselfOnATerminal) {
  Place place(server);
  place.width = 100;
  const Ran ran = place.run({"top", "--count", "2", "--interval", "0.05"});
  EXPECT_EQ(ran.status, ExitStatus::success);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("\x1b[H"), HasSubstr("q or Ctrl-C")));
}

TEST_F(StatusWithToken, TopEndsWhenTheDaemonDoes) {
  server.on("GET /v1/status?limit=1000",
            {answer(200, statusText("1")), problem(503, "not_ready", "Ending.")});
  const Ran ran = Place(server).run({"top", "--count", "5", "--interval", "0.05"});
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_THAT(ran.errors, HasSubstr("Ending."));
}

}  // namespace
}  // namespace skiff::cli
