#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/e2e/daemon.h"

/// Programs that others wrote, built from Debian's sources as they are, answer as CGI programs.
namespace skiff::e2e {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

std::string files(const TemporaryFolder& folder) {
  return "files = \"" + (folder / "").string() + "\"\n";
}

std::string writableFiles(const TemporaryFolder& folder) {
  return "dirs = [{ host = \"" + (folder / "").string() + "\", guest = \"/\", write = true }]\n";
}

Response post(const Daemon& daemon, std::string_view host, std::string_view body,
              std::string_view target = "/") {
  return daemon.connect().ask(request("POST", host, target, body));
}

constexpr std::string_view kLuaScript = R"(
local tools = require "tools"
visits = (visits or 0) + 1
if os.getenv("QUERY_STRING") == "fail" then tools.fail() end
if os.getenv("QUERY_STRING") == "spin" then while true do end end
if os.getenv("QUERY_STRING") == "catch" then
  print("Content-Type: text/plain\n")
  print(pcall(tools.fail))
  print(coroutine.wrap(function() return select(2, pcall(error, "inside a coroutine", 0)) end)())
  print(select(2, pcall(string.rep, "x", 1 << 40)))
  os.exit(true)
end
if os.getenv("QUERY_STRING") == "note" then
  print("Content-Type: text/plain\n")
  print(io.open("/tmp/note", "r"))
  local scratch = io.tmpfile()
  scratch:write("kept for this request")
  scratch:seek("set")
  print(scratch:read("a"))
  assert(io.open("/tmp/note", "w")):write("left behind"):close()
  return
end
print("Content-Type: text/plain\n")
print(os.getenv("REQUEST_METHOD"), os.getenv("PATH_INFO"), os.getenv("QUERY_STRING"))
print("visits: " .. visits, "arguments: " .. table.concat(arg, ","))
print("body: " .. io.read("a"):upper())
print("writable: " .. tostring(io.open("/new", "w")))
)";

constexpr std::string_view kLuaTools =
    R"(return { fail = function() error("no such colour") end })";

class Lua : public ::testing::Test {
 protected:
  Lua() {
    write(scripts_ / "main.lua", kLuaScript);
    write(scripts_ / "tools.lua", kLuaTools);
    ConfigText config;
    config.apps = {{"lua", "lua", "args = [\"/main.lua\", \"blue\"]\n" + files(scripts_), {}}};
    daemon.emplace(config);
  }
  TemporaryFolder scripts_;
  std::optional<Daemon> daemon;
};

TEST_F(Lua, AnswersARequestByAScriptFromTheAppsFiles) {
  const Response response = daemon->get("lua.test", "/some/path?color=blue");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "text/plain");
  EXPECT_EQ(response.body,
            "GET\t/some/path\tcolor=blue\nvisits: 1\targuments: blue\nbody: \nwritable: nil\n");
}

TEST_F(Lua, ReadsTheBodyOfARequest) {
  const Response response = post(*daemon, "lua.test", "all in capitals");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("\nbody: ALL IN CAPITALS\n"));
}

TEST_F(Lua, SeesNothingOfTheRequestsBefore) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(daemon->get("lua.test", "/" + std::to_string(i)).body, HasSubstr("visits: 1\t"));
  }
}

TEST_F(Lua, HasATemporaryFolderForEachRequest) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(daemon->get("lua.test", "/?note").body,
              "nil\t/tmp/note: No such file or directory\t44\nkept for this request\n");
  }
}

TEST_F(Lua, CatchesItsOwnErrors) {
  EXPECT_EQ(
      daemon->get("lua.test", "/?catch").body,
      "false\t./tools.lua:1: no such colour\ninside a coroutine\nresulting string too large\n");
}

TEST_F(Lua, LeavesTheErrorOfAScriptToTheLogAndTellsTheClientOnlyThatThereWasOne) {
  const Response response = daemon->get("lua.test", "/?fail");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.field("skiff-reason"), "guest_exit");
  EXPECT_THAT(response.body, ::testing::Not(HasSubstr("colour")));
  for (const char* part : {"lua: ./tools.lua:1: no such colour", "/main.lua:4: in main chunk"}) {
    const std::string line = daemon->process().waitForLine(Process::Stream::output, part);
    EXPECT_THAT(line, HasSubstr("\"tenant\":\"acme\",\"app\":\"lua\"")) << part;
  }
  EXPECT_EQ(daemon->accessLineOf(response).value("reason"), "guest_exit");
  EXPECT_EQ(daemon->get("lua.test").status, 200);
}

TEST_F(Lua, IsStoppedWhenItsScriptDoesNotEnd) {
  const Response response = daemon->get("lua.test", "/?spin");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.field("skiff-reason"), "cpu_limit");
  EXPECT_EQ(daemon->get("lua.test").status, 200);
}

class SqlitesShell : public ::testing::Test {
 protected:
  static constexpr std::string_view kSetup =
      ".bail on\n.print \"Content-Type: application/json\\n\"\n.mode json\n";

  SqlitesShell() {
    write(files_ / "head.sql", kSetup);
    // Locks are folders there, since WASI has none of its own.
    const std::string writer =
        "args = [\"-vfs\", \"unix-dotfile\", \"-init\", \"/head.sql\", "
        "\"/shop.db\"]\n";
    const std::string reader =
        "args = [\"-init\", \"/head.sql\", \"-safe\", "
        "\"file:/shop.db?immutable=1\"]\n";
    ConfigText config;
    config.apps = {{"writer", "sqlite", writer + writableFiles(files_), {}},
                   {"reader", "sqlite", reader + files(files_), {}},
                   {"memory", "sqlite", "args = [\"-init\", \"/head.sql\"]\n" + files(files_), {}}};
    daemon.emplace(config);
  }

  void makeShop() const {
    const Response made = post(*daemon, "writer.test",
                               "CREATE TABLE item (name TEXT, price INTEGER);\n"
                               "INSERT INTO item VALUES ('anchor', 18900), ('buoy', 3450);\n");
    ASSERT_EQ(made.status, 200) << made.body;
  }

  TemporaryFolder files_;
  std::optional<Daemon> daemon;
};

TEST_F(SqlitesShell, AnswersStatementsInTheBodyWithJson) {
  const Response response =
      post(*daemon, "memory.test",
           "CREATE TABLE t AS SELECT value FROM json_each('[3, 1, 2]');\n"
           "SELECT value, value * 1.5 AS more FROM t ORDER BY value LIMIT 2;");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("content-type"), "application/json");
  EXPECT_EQ(response.body, "[{\"value\":1,\"more\":1.5},\n{\"value\":2,\"more\":3.0}]\n");
}

TEST_F(SqlitesShell, ForgetsWithTheRequestWhatWasOnlyInMemory) {
  EXPECT_EQ(post(*daemon, "memory.test", "CREATE TABLE t (a);").status, 200);
  const std::string count = "SELECT count(*) AS tables FROM sqlite_schema;";
  EXPECT_EQ(post(*daemon, "memory.test", count).body, "[{\"tables\":0}]\n");
}

TEST_F(SqlitesShell, KeepsADatabaseInAFolderThatItMayWriteTo) {
  makeShop();
  const std::string add = "UPDATE item SET price = price + 50 WHERE name = 'buoy';";
  for (int i = 0; i < 5; ++i) ASSERT_EQ(post(*daemon, "writer.test", add).status, 200);
  EXPECT_EQ(post(*daemon, "reader.test", "SELECT price FROM item WHERE name = 'buoy';").body,
            "[{\"price\":3700}]\n");
}

TEST_F(SqlitesShell, CannotChangeADatabaseThatItMayOnlyRead) {
  makeShop();
  const Response response = post(*daemon, "reader.test", "DELETE FROM item;");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.field("skiff-reason"), "guest_exit");
  EXPECT_NE(daemon->process().waitForLine(Process::Stream::output,
                                          "attempt to write a readonly database"),
            "");
  EXPECT_EQ(post(*daemon, "reader.test", "SELECT count(*) AS n FROM item;").body, "[{\"n\":2}]\n");
}

TEST_F(SqlitesShell, LeavesAStatementsErrorToTheLog) {
  const Response response = post(*daemon, "memory.test", "SELECT colour FROM nowhere;");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.field("skiff-reason"), "guest_exit");
  const std::string line =
      daemon->process().waitForLine(Process::Stream::output, "no such table: nowhere");
  EXPECT_THAT(line, HasSubstr("\"tenant\":\"acme\",\"app\":\"memory\""));
}

TEST(AProgramInC, MayLeaveItsFunctionsByLongjmp) {
  ConfigText config;
  config.apps = {{"jump", "test/jump", {}, {}}};
  const Daemon daemon(config);
  EXPECT_EQ(daemon.get("jump.test").body, "all is well\n");
}

}  // namespace
}  // namespace skiff::e2e
