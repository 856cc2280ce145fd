// login, logout and hosts; and as whom the other commands ask.
#include <sys/stat.h>

#include <fstream>

#include "tests/cli/run.h"

namespace skiff::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kStatus = answer(200, R"({"version":"0.1.0","engine":"V8","items":[]})");
const std::string kNoTenants = answer(200, R"({"items":[],"next":null})");

std::string credentialsText(const Place& place) {
  return place.home.read(".config/skiff/credentials.json");
}

TEST(Login, ChecksTheTokenAndKeepsIt) {
  ScriptedServer server;
  server.on("GET /v1/status", kStatus);
  server.on("GET /v1/tenants?limit=1000", kNoTenants);
  Place place;
  place.input = "tok-1\n";
  const Ran login = place.run({"login", "--url", server.url(), "--tenant", "acme"});
  EXPECT_EQ(login.status, ExitStatus::success) << login.errors;
  EXPECT_THAT(login.out, AllOf(HasSubstr(server.url()), HasSubstr("skiffd 0.1.0")));
  EXPECT_EQ(server.last("GET /v1/status").field("authorization"), "Bearer tok-1");
  EXPECT_THAT(login.out + login.errors, Not(HasSubstr("tok-1")));

  // The commands that follow need no more.
  EXPECT_EQ(place.run({"tenants"}).status, ExitStatus::success);
  EXPECT_EQ(server.last("GET /v1/tenants?limit=1000").field("authorization"), "Bearer tok-1");
  struct stat status {};
  ASSERT_EQ(::stat((place.home.path() / ".config/skiff/credentials.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(Login, KeepsNothingIfTheTokenIsWrong) {
  ScriptedServer server;
  server.on("GET /v1/status", problem(401, "unauthorized", "No such token."));
  Place place;
  place.input = "wrong";
  const Ran login = place.run({"login", "--url", server.url()});
  EXPECT_EQ(login.status, ExitStatus::negative);
  EXPECT_THAT(login.errors, HasSubstr("nothing was stored"));
  EXPECT_EQ(credentialsText(place), "");
}

TEST(Login, KeepsNothingOfAnotherServer) {
  ScriptedServer server;
  server.on("GET /v1/status", answer(200, "<html>", "text/html"));
  Place place;
  place.input = "tok";
  EXPECT_EQ(place.run({"login", "--url", server.url()}).status, ExitStatus::failed);
  EXPECT_EQ(credentialsText(place), "");
}

TEST(Login, NeedsAToken) {
  ScriptedServer server;
  Place place;
  EXPECT_EQ(place.run({"login", "--url", server.url()}).status, ExitStatus::failed);
  place.input = "with spaces in it";
  EXPECT_EQ(place.run({"login", "--url", server.url()}).status, ExitStatus::failed);
  EXPECT_THAT(server.asked(), IsEmpty());
}

TEST(Login, KnowsSeveralHosts) {
  ScriptedServer one;
  ScriptedServer two;
  Place place;
  place.home.write("one.txt", "tok-1\n");
  place.home.write("two.txt", "tok-2\n");
  for (ScriptedServer* server : {&one, &two}) {
    server->on("GET /v1/status", kStatus);
    server->on("GET /v1/tenants?limit=1000", kNoTenants);
  }
  const auto file = [&](const char* name) { return (place.home.path() / name).string(); };
  ASSERT_EQ(place.run({"login", "--url", one.url(), "--token-file", file("one.txt")}).status,
            ExitStatus::success);
  ASSERT_EQ(
      place.run({"login", "--url", two.url(), "--token-file", file("two.txt"), "--name", "prod"})
          .status,
      ExitStatus::success);
  EXPECT_THAT(place.run({"hosts"}).out, AllOf(HasSubstr("default"), HasSubstr("prod")));

  const std::string list = "GET /v1/tenants?limit=1000";
  place.run({"tenants"});  // the last login is the current one
  EXPECT_EQ(two.last(list).field("authorization"), "Bearer tok-2");
  place.run({"tenants", "--host", "default"});
  EXPECT_EQ(one.last(list).field("authorization"), "Bearer tok-1");
  EXPECT_EQ(place.run({"hosts", "use", "default"}).status, ExitStatus::success);
  const std::size_t before = one.asked().size();
  place.run({"tenants"});
  EXPECT_EQ(one.asked().size(), before + 1);

  EXPECT_EQ(place.run({"logout"}).status, ExitStatus::success);
  EXPECT_THAT(credentialsText(place), AllOf(Not(HasSubstr("tok-1")), HasSubstr("tok-2")));
  EXPECT_EQ(place.run({"logout", "--name", "default"}).status, ExitStatus::negative);
  EXPECT_EQ(place.run({"logout", "--all"}).status, ExitStatus::success);
  EXPECT_THAT(credentialsText(place), Not(HasSubstr("tok-2")));
  const Ran without = place.run({"tenants", "--admin", two.url()});
  EXPECT_EQ(without.status, ExitStatus::failed);
  EXPECT_THAT(without.errors, HasSubstr("skiff login"));
}

TEST(AStoredToken, IsSentToNobodyElse) {
  ScriptedServer server;
  ScriptedServer other;
  server.on("GET /v1/status", kStatus);
  Place place;
  place.input = "tok-1";
  ASSERT_EQ(place.run({"login", "--url", server.url()}).status, ExitStatus::success);
  EXPECT_EQ(place.run({"tenants", "--admin", other.url()}).status, ExitStatus::failed);
  EXPECT_THAT(other.asked(), IsEmpty());
  place.variables["SKIFF_ADMIN"] = other.url();
  EXPECT_EQ(place.run({"tenants"}).status, ExitStatus::failed);
  EXPECT_THAT(other.asked(), IsEmpty());
}

TEST(DataDir, IsWhereTheOperatorsTokenIsFound) {
  ScriptedServer server;
  server.on("GET /v1/tenants?limit=1000", kNoTenants);
  Place place;
  place.home.write("operator.token", "op-1\n");
  place.variables["SKIFF_ADMIN"] = server.url();
  const std::string folder = place.home.path();
  EXPECT_EQ(place.run({"tenants", "--data-dir", folder}).status, ExitStatus::success);
  EXPECT_EQ(server.asked().back().field("authorization"), "Bearer op-1");
  place.variables["SKIFF_DATA_DIR"] = folder;
  EXPECT_EQ(place.run({"tenants"}).status, ExitStatus::success);
}

TEST(DataDir, IsOnlyForTheDaemonOnThisMachine) {
  Place place;
  place.home.write("operator.token", "op-1\n");
  const Ran ran =
      place.run({"tenants", "--data-dir", place.home.path(), "--admin", "http://192.0.2.1"});
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_THAT(ran.errors, HasSubstr("this machine"));
}

TEST(DataDir, SaysWhatItIsIfThereIsNoToken) {
  Place place;
  const Ran ran = place.run({"tenants", "--data-dir", place.home.path()});
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_THAT(ran.errors, AllOf(HasSubstr("operator.token"), HasSubstr("skiff login")));
}

TEST(WithoutALogin, ACommandSaysWhatToDo) {
  Place place;
  const Ran ran = place.run({"apps", "--tenant", "acme"});
  EXPECT_EQ(ran.status, ExitStatus::failed);
  EXPECT_THAT(ran.errors,
              AllOf(HasSubstr("no token"), HasSubstr("skiff login"), HasSubstr("--data-dir")));
}

}  // namespace
}  // namespace skiff::cli
