// tenants, apps, versions, split, rollback, secrets, tokens, audit: what they ask and print.
#include <boost/json.hpp>

#include "cli/session/json_fields.h"
#include "tests/cli/run.h"

namespace skiff::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kApp = "/v1/tenants/acme/apps/web";
const std::string kOne(64, 'a');
const std::string kTwo(64, 'b');
const std::string kDeployment = R"({"number":2,"split":[{"version":")" + kOne +
                                R"(","weight":95},{"version":")" + kTwo +
                                R"(","weight":5}],"sticky":"cookie:sid"})";
const std::string kAppText =
    R"({"tenant":"acme","name":"web","routes":["web.localhost/*"],"env":{"A":"1"},)"
    R"("limits":{"cpu_ms":20},"secrets":["KEY"],"deployment":)" +
    kDeployment + R"(,"source":"api","revision":7,"created":"2024-05-01T12:00:00Z"})";
const std::string kAppAnswer = answer(200, kAppText, "application/json", "ETag: \"r7\"\r\n");

/// The body of the last request of that line.
boost::json::value body(const ScriptedServer& server, const std::string& line) {
  return parseJson(server.last(line).body);
}

TEST(Tenants, AreListedPageAfterPage) {
  ScriptedServer server;
  server.on("GET /v1/tenants?limit=1000",
            answer(200, R"({"items":[{"name":"acme","source":"api"}],"next":"acme"})"));
  server.on("GET /v1/tenants?limit=1000&after=acme",
            answer(200, R"({"items":[{"name":"globex","source":"file"}],"next":null})"));
  const Ran ran = Place(server).run({"tenants"});
  EXPECT_EQ(ran.status, ExitStatus::success);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("acme    api"), HasSubstr("globex  file")));
  EXPECT_EQ(Place(server).run({"tenants", "list", "--json"}).out,
            "{\"items\":[{\"name\":\"acme\",\"source\":\"api\"},"
            "{\"name\":\"globex\",\"source\":\"file\"}]}\n");
}

TEST(Tenants, AreCreatedOnlyIfTheyAreNew) {
  ScriptedServer server;
  server.on("PUT /v1/tenants/acme", answer(201, R"({"name":"acme"})"));
  const Ran ran = Place(server).run(
      {"tenants", "create", "acme", "--limit", "cpu_ms=50", "--limit", "memory=64MiB"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(body(server, "PUT /v1/tenants/acme"),
            parseJson(R"({"limits":{"cpu_ms":50,"memory":"64MiB"}})"));
  EXPECT_EQ(server.asked().back().field("if-none-match"), "*");
  EXPECT_EQ(server.asked().back().field("content-type"), "application/json");
}

TEST(Tenants, AreChangedWhereItIsNamed) {
  ScriptedServer server;
  server.on("GET /v1/tenants/acme",
            answer(200,
                   R"({"name":"acme","limits":{"cpu_ms":50},"clock":"frozen","revision":3,)"
                   R"("source":"api","created":"x","updated":"y"})",
                   "application/json", "ETag: \"r3\"\r\n"));
  server.on("PUT /v1/tenants/acme", answer(200, R"({"name":"acme"})"));
  const Ran ran = Place(server).run({"tenants", "set", "acme", "--limit", "cpu_ms=9"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(body(server, "PUT /v1/tenants/acme"),
            parseJson(R"({"limits":{"cpu_ms":9},"clock":"frozen"})"));
  EXPECT_EQ(server.asked().back().field("if-match"), "\"r3\"");
}

TEST(Tenants, OfTheConfigurationFileSayWhereToChangeThem) {
  ScriptedServer server;
  server.on("DELETE /v1/tenants/acme", problem(409, "read_only", "It is in skiff.toml."));
  const Ran ran = Place(server).run({"tenants", "delete", "acme"});
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("It is in skiff.toml."), HasSubstr("SIGHUP")));
}

TEST(Apps, AreListedWithTheirTraffic) {
  ScriptedServer server;
  server.on("GET /v1/tenants/acme/apps?limit=1000", answer(200, "{\"items\":[" + kAppText + "]}"));
  const Ran ran = Place(server).run({"apps"});
  EXPECT_EQ(ran.status, ExitStatus::success);
  EXPECT_THAT(ran.out, HasSubstr("web  aaaaaaaaaaaa 95 %, bbbbbbbbbbbb 5 %  web.localhost/*"));
}

TEST(Apps, AreTheOnlyTenantsIfNoneIsNamed) {
  ScriptedServer server;
  server.on("GET /v1/tenants?limit=20", answer(200, R"({"items":[{"name":"solo"}],"next":null})"));
  server.on("GET /v1/tenants/solo/apps?limit=1000", answer(200, R"({"items":[]})"));
  Place place(server);
  place.variables.erase("SKIFF_TENANT");
  EXPECT_EQ(place.run({"apps"}).status, ExitStatus::success);
  server.on("GET /v1/tenants?limit=20",
            answer(200, R"({"items":[{"name":"solo"},{"name":"duo"}],"next":null})"));
  const Ran several = place.run({"apps"});
  EXPECT_EQ(several.status, ExitStatus::failed);
  EXPECT_THAT(several.errors, AllOf(HasSubstr("--tenant"), HasSubstr("solo, duo")));
}

TEST(Apps, AreChangedWhereItIsNamedAndOnlyAsTheyWereSeen) {
  ScriptedServer server;
  server.on("GET " + kApp, kAppAnswer);
  server.on("PUT " + kApp, answer(200, kAppText));
  const Ran ran = Place(server).run({"apps", "set", "web", "--env", "B=2", "--unset",
                                     "limits.cpu_ms", "--route", "x.localhost/*"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(body(server, "PUT " + kApp),
            parseJson(R"({"routes":["x.localhost/*"],"env":{"A":"1","B":"2"},"limits":{}})"));
  EXPECT_EQ(server.asked().back().field("if-match"), "\"r7\"");
  server.on("PUT " + kApp, problem(412, "precondition_failed", "It is r8 now."));
  EXPECT_THAT(Place(server).run({"apps", "set", "web", "--env", "B=2"}).errors,
              HasSubstr("try again"));
}

TEST(Apps, AreShown) {
  ScriptedServer server;
  server.on("GET " + kApp, kAppAnswer);
  const Ran ran = Place(server).run({"apps", "show", "acme/web"});
  EXPECT_EQ(ran.status, ExitStatus::success);
  EXPECT_THAT(ran.out, AllOf(HasSubstr("app      acme/web\n"), HasSubstr("secrets  KEY\n"),
                             HasSubstr("limits   cpu_ms 20\n"), HasSubstr("env      A 1\n")));
  EXPECT_EQ(parseJson(Place(server).run({"apps", "show", "web", "--json"}).out),
            parseJson(kAppText));
}

TEST(Apps, ThatAreNotThereHaveNeighbours) {
  ScriptedServer server;
  server.on("GET /v1/tenants?limit=1000", answer(200, R"({"items":[{"name":"acme"}]})"));
  server.on("GET /v1/tenants/acme/apps?limit=1000",
            answer(200, R"({"items":[{"name":"web"},{"name":"api"}]})"));
  const Ran near = Place(server).run({"apps", "show", "wbe"});
  EXPECT_EQ(near.status, ExitStatus::negative);
  EXPECT_THAT(near.errors, HasSubstr("did you mean \"web\"?"));
  EXPECT_THAT(Place(server).run({"rollback", "zzzzzz"}).errors, HasSubstr("it has web, api"));
  EXPECT_THAT(Place(server).run({"apps", "show", "web", "--tenant", "amce"}).errors,
              HasSubstr("did you mean \"acme\"?"));
}

TEST(Apps, WithErrorsInTheirDocumentSayWhichKeys) {
  ScriptedServer server;
  server.on("PUT " + kApp,
            problem(422, "invalid", "The app cannot be like that.",
                    R"(,"errors":[{"key":"limits.cpu_ms","message":"is not from 1 to 50"}])"));
  const Ran ran = Place(server).run({"apps", "create", "web", "--limit", "cpu_ms=0"});
  EXPECT_EQ(ran.status, ExitStatus::negative);
  EXPECT_THAT(ran.errors, HasSubstr("limits.cpu_ms: is not from 1 to 50"));
}

TEST(Versions, AreListedWithTheirTraffic) {
  ScriptedServer server;
  server.on("GET " + kApp, kAppAnswer);
  server.on(
      "GET " + kApp + "/versions?limit=100",
      answer(200, R"({"items":[{"version":")" + kTwo +
                      R"(","size":2048,"abi":"wasi","reference":"ghcr.io/a/b:1",)"
                      R"("signature":{"verdict":"verified"},"created_by":"ci"},{"version":")" +
                      kOne + R"(","size":1024,"abi":"http-wasm"}]})"));
  const Ran ran = Place(server).run({"versions", "web"});
  EXPECT_EQ(ran.status, ExitStatus::success);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("bbbbbbbbbbbb      5 %  2.0 KiB  wasi"), HasSubstr("ghcr.io/a/b:1"),
                    HasSubstr("aaaaaaaaaaaa     95 %  1.0 KiB  http-wasm")));
}

TEST(Split, PutsTheWeights) {
  ScriptedServer server;
  server.on("PUT " + kApp + "/deployment", answer(200, kDeployment));
  const Ran ran = Place(server).run(
      {"split", "web", "aaaa=95%", "bbbb=5%", "--sticky", "cookie:sid", "--auto-rollback"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(
      body(server, "PUT " + kApp + "/deployment"),
      parseJson(R"({"split":[{"version":"aaaa","weight":9500},{"version":"bbbb","weight":500}],)"
                R"("sticky":"cookie:sid","auto_rollback":true})"));
  EXPECT_EQ(ran.out, "acme/web  aaaaaaaaaaaa 95 %, bbbbbbbbbbbb 5 %  sticky by cookie:sid\n");
}

TEST(Split, IsShownIfNoWeightsAreGiven) {
  ScriptedServer server;
  server.on("GET " + kApp + "/deployment", answer(200, kDeployment));
  EXPECT_THAT(Place(server).run({"split", "web"}).out, HasSubstr("95 %"));
  Place place(server);
  place.variables["SKIFF_APP"] = "web";
  EXPECT_THAT(place.run({"split"}).out, HasSubstr("95 %"));
}

TEST(Split, AsksNothingIfTheWordsAreWrong) {
  ScriptedServer server;
  const Ran ran = Place(server).run({"split", "web", "aaaa=lots"});
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_TRUE(server.asked().empty());
}

TEST(Rollback, TellsWhatGetsTheTraffic) {
  ScriptedServer server;
  server.on("POST " + kApp + "/rollback", answer(200, kDeployment));
  EXPECT_THAT(Place(server).run({"rollback", "web"}).out, HasSubstr("acme/web  aaaaaaaaaaaa 95 %"));
  server.on("POST " + kApp + "/rollback",
            problem(409, "nothing_to_roll_back", "There is nothing."));
  EXPECT_EQ(Place(server).run({"rollback", "web"}).status, ExitStatus::negative);
}

TEST(Secrets, AreSetFromStandardInputAndNeverPrinted) {
  ScriptedServer server;
  server.on("PUT " + kApp + "/secrets/API_KEY", "HTTP/1.1 204 No Content\r\n\r\n");
  Place place(server);
  place.input = "hunter2\n";
  const Ran ran = place.run({"secrets", "set", "API_KEY", "--app", "web"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(body(server, "PUT " + kApp + "/secrets/API_KEY"), parseJson(R"({"value":"hunter2"})"));
  EXPECT_THAT(ran.out + ran.errors, Not(HasSubstr("hunter2")));
}

TEST(Secrets, AreListedAndDeleted) {
  ScriptedServer server;
  server.on("GET " + kApp, kAppAnswer);
  server.on("DELETE " + kApp + "/secrets/KEY", "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(Place(server).run({"secrets", "--app", "web"}).out, "KEY\n");
  EXPECT_EQ(Place(server).run({"secrets", "list", "--app", "web"}).out, "KEY\n");
  EXPECT_EQ(Place(server).run({"secrets", "delete", "KEY", "--app", "web"}).status,
            ExitStatus::success);
}

TEST(Tokens, AreAloneOnStandardOutput) {
  ScriptedServer server;
  server.on("POST /v1/tokens",
            answer(201, R"({"id":"t1","token":"sk_abc","scope":"tenant-read"})"));
  const Ran ran = Place(server).run(
      {"tokens", "create", "--scope", "tenant-read", "--note", "ci", "--expires-in", "90d"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_EQ(ran.out, "sk_abc\n");
  EXPECT_EQ(
      body(server, "POST /v1/tokens"),
      parseJson(R"({"scope":"tenant-read","tenant":"acme","note":"ci","expires_in_s":7776000})"));
}

TEST(Tokens, RefuseATimeThatIsNone) {
  ScriptedServer server;
  for (const char* time : {"90", "d", "-1d", "1w", "99999999999d"}) {
    EXPECT_EQ(Place(server).run({"tokens", "create", "--expires-in", time}).status,
              ExitStatus::failed)
        << time;
  }
  EXPECT_TRUE(server.asked().empty());
}

TEST(Tokens, AreListedAndDeleted) {
  ScriptedServer server;
  server.on(
      "GET /v1/tokens?limit=1000",
      answer(200, R"({"items":[{"id":"t1","scope":"operator","expires":null,"note":"me"}]})"));
  server.on("DELETE /v1/tokens/t1", "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_THAT(Place(server).run({"tokens"}).out, HasSubstr("t1  operator"));
  EXPECT_EQ(Place(server).run({"tokens", "delete", "t1"}).status, ExitStatus::success);
}

TEST(Audit, TellsWhoDidWhat) {
  ScriptedServer server;
  server.on(
      "GET /v1/audit?limit=2&tenant=acme",
      answer(200,
             R"({"items":[{"revision":9,"time":"2024-05-01T12:00:00Z","actor":"token t1",)"
             R"("action":"app.put","tenant":"acme","app":"web","subject":null}],"next":null})"));
  const Ran ran = Place(server).run({"audit", "-n", "2", "--tenant", "acme"});
  EXPECT_EQ(ran.status, ExitStatus::success) << ran.errors;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("token t1"), HasSubstr("acme    web")));
}

TEST(Names, AreEscapedInPaths) {
  ScriptedServer server;
  Place(server).run({"apps", "show", "a b/..%2Fstatus?x"});
  EXPECT_THAT(server.lines(), Contains("GET /v1/tenants/a%20b/apps/%2E%2E%252Fstatus%3Fx"));
}

}  // namespace
}  // namespace skiff::cli
