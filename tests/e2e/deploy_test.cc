#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "tests/e2e/admin_api.h"

namespace skiff::e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kHello = "Hello from skiff";
constexpr std::string_view kCount = "memory=1 global=1";

class Deploying : public ::testing::Test {
 protected:
  static std::string splitOf(const std::vector<std::pair<std::string, int>>& weights,
                             std::string_view more = {}) {
    std::string text = R"({"split":[)";
    for (const auto& [version, weight] : weights) {
      if (!text.ends_with('[')) text += ',';
      text += R"({"version":")" + version + R"(","weight":)" + std::to_string(weight) + "}";
    }
    return text.append("]").append(more).append("}");
  }
  ApiReply setSplit(const std::vector<std::pair<std::string, int>>& weights,
                    std::string_view more = {}) const {
    return api_.put(appPath("acme/web", "/deployment"), splitOf(weights, more));
  }
  Response getWith(std::string_view fields) const {
    return daemon_.connect().ask(request("GET", "web.test", "/", {}, fields));
  }
  std::string answer() const { return daemon_.get("web.test").body; }

  Daemon daemon_{ConfigText{}};
  AdminApi api_{daemon_};
};

TEST_F(Deploying, ServesAnUploadedModuleWhileItRuns) {
  ASSERT_EQ(api_.put("/v1/tenants/acme", "{}").status, 201);
  ASSERT_EQ(api_.put(appPath("acme/web"), R"({"routes":["web.test/*"]})").status, 201);
  const Response before = daemon_.get("web.test");
  EXPECT_EQ(before.status, 503);
  EXPECT_EQ(before.field("skiff-reason"), "not_ready");
  const std::string version = api_.upload("acme/web", "hello");
  EXPECT_EQ(daemon_.get("web.test").status, 503) << "it has no traffic yet";
  ASSERT_EQ(api_.deploy("acme/web", version).status, 200);
  const Response after = daemon_.get("web.test", "/x");
  EXPECT_EQ(after.status, 200);
  EXPECT_EQ(after.body, "Hello from skiff, you asked for /x\n");
}

TEST_F(Deploying, ServesItAgainAfterARestart) {
  api_.serve("acme", "web", "hello");
  daemon_.restart();
  EXPECT_EQ(daemon_.get("web.test").status, 200);
  EXPECT_EQ(daemon_.terminate(), (Ending{0, 0}));
  EXPECT_THAT(daemon_.process().text(Process::Stream::error), Not(HasSubstr("compiled in")))
      << "its first request must not wait for a compilation";
}

TEST_F(Deploying, TakesAnAppAwayWithItsRoutes) {
  api_.serve("acme", "web", "hello");
  ASSERT_EQ(api_.remove(appPath("acme/web")).status, 204);
  EXPECT_EQ(daemon_.get("web.test").field("skiff-reason"), "no_route");
}

TEST_F(Deploying, TakesATenantAwayWithAllOfItsApps) {
  api_.serve("acme", "web", "hello");
  ASSERT_EQ(api_.remove("/v1/tenants/acme").status, 204);
  EXPECT_EQ(daemon_.get("web.test").field("skiff-reason"), "no_route");
  EXPECT_EQ(api_.get("/v1/tenants/acme").status, 404);
}

TEST_F(Deploying, SplitsTrafficByWeight) {
  const std::string one = api_.serve("acme", "web", "hello");
  const std::string two = api_.upload("acme/web", "test/count");
  ASSERT_EQ(setSplit({{one, 75}, {two, 25}}).status, 200);
  int second = 0;
  for (int i = 0; i < 400; ++i) second += answer().starts_with(kCount) ? 1 : 0;
  EXPECT_GT(second, 50);
  EXPECT_LT(second, 150);
}

TEST_F(Deploying, KeepsAClientWithItsVersionByACookie) {
  const std::string one = api_.serve("acme", "web", "hello");
  const std::string two = api_.upload("acme/web", "test/count");
  ASSERT_EQ(setSplit({{one, 50}, {two, 50}}, R"(,"sticky":"cookie:user")").status, 200);
  int second = 0;
  for (int user = 0; user < 40; ++user) {
    const std::string fields = "Cookie: user=" + std::to_string(user) + "\r\n";
    const std::string first = getWith(fields).body;
    second += first.starts_with(kCount) ? 1 : 0;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(getWith(fields).body, first) << user;
  }
  EXPECT_GT(second, 5);
  EXPECT_LT(second, 35);
}

TEST_F(Deploying, LetsWhoKnowsTheKeyChooseAVersion) {
  const std::string one = api_.serve("acme", "web", "hello");
  const std::string two = api_.upload("acme/web", "test/count");
  const ApiReply deployment = setSplit({{one, 100}, {two, 0}});
  ASSERT_EQ(deployment.status, 200);
  const std::string key = deployment.word("override_key");
  ASSERT_EQ(key.size(), 32u);
  EXPECT_THAT(answer(), StartsWith(kHello));
  EXPECT_THAT(getWith("skiff-version: " + two + " " + key + "\r\n").body, StartsWith(kCount));
  const std::string wrong(32, '0');
  EXPECT_EQ(getWith("skiff-version: " + two + " " + wrong + "\r\n").status, 400);
  EXPECT_EQ(getWith("skiff-version: " + two + "\r\n").status, 400);
  EXPECT_EQ(getWith("skiff-version: 0000000000000000 " + key + "\r\n").status, 400);
}

TEST_F(Deploying, GoesBackToWhatWasServedBefore) {
  api_.serve("acme", "web", "hello");
  const std::string two = api_.upload("acme/web", "test/count");
  ASSERT_EQ(api_.deploy("acme/web", two).status, 200);
  EXPECT_THAT(answer(), StartsWith(kCount));
  const ApiReply back = api_.post(appPath("acme/web", "/rollback"), "{}");
  EXPECT_EQ(back.status, 200);
  EXPECT_EQ(back.word("cause"), "rollback");
  EXPECT_THAT(answer(), StartsWith(kHello));
  EXPECT_EQ(api_.post(appPath("acme/web", "/rollback"), "{}").word("code"), "nothing_to_roll_back");
}

TEST_F(Deploying, TakesANewVersionBackThatFailsTooOften) {
  api_.serve("acme", "web", "hello");
  const std::string bad = api_.upload("acme/web", "test/trap");
  ASSERT_EQ(
      setSplit({{bad, 1}}, R"(,"auto_rollback":{"margin":0.1,"window_s":10,"min_requests":5})")
          .status,
      200);
  EXPECT_EQ(daemon_.get("web.test").status, 502);
  EXPECT_TRUE(eventually([&] { return daemon_.get("web.test").status == 200; }));
  const ApiReply deployment = api_.get(appPath("acme/web", "/deployment"));
  EXPECT_EQ(deployment.word("cause"), "auto_rollback");
  EXPECT_THAT(api_.get("/v1/audit").text, HasSubstr("auto_rollback"));
  EXPECT_TRUE(eventually([&] {
    return daemon_.metrics().sum("skiff_auto_rollbacks_total", {{"tenant", "acme"}}) == 1;
  }));
}

TEST_F(Deploying, LeavesAVersionThatFailsAsTheOldOneDid) {
  api_.serve("acme", "web", "test/trap");
  for (int i = 0; i < 20; ++i) daemon_.get("web.test");
  const std::string next = api_.upload("acme/web", "test/exit");
  // What the old one came to is known once shards have told.
  EXPECT_TRUE(eventually(
      [&] { return api_.get("/v1/status").text.find("\"failed\":20") != std::string::npos; }));
  ASSERT_EQ(
      setSplit({{next, 1}}, R"(,"auto_rollback":{"margin":0.1,"window_s":10,"min_requests":5})")
          .status,
      200);
  for (int i = 0; i < 30; ++i) daemon_.connect().ask(request("GET", "web.test", "/?code=3"));
  EXPECT_TRUE(eventually(
      [&] { return api_.get("/v1/status").text.find("\"failed\":50") != std::string::npos; }));
  EXPECT_EQ(api_.get(appPath("acme/web", "/deployment")).word("cause"), "put");
}

TEST_F(Deploying, RefusesWhatIsNoModuleAndKeepsWhatIsServed) {
  api_.serve("acme", "web", "hello");
  const ApiReply refused =
      api_.ask("POST", appPath("acme/web", "/versions"), "not wasm", "application/wasm");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.word("code"), "module_refused");
  EXPECT_EQ(api_.get(appPath("acme/web", "/versions")).body.at("items").as_array().size(), 1u);
  EXPECT_THAT(answer(), StartsWith(kHello));
}

TEST_F(Deploying, GivesTheSameVersionForTheSameModule) {
  const std::string version = api_.serve("acme", "web", "hello");
  const ApiReply again =
      api_.ask("POST", appPath("acme/web", "/versions"), guestBytes("hello"), "application/wasm");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.word("version"), version);
}

TEST_F(Deploying, ChangesLimitsForRequestsFromThenOn) {
  api_.serve("acme", "web", "test/spin");
  const Response before = daemon_.get("web.test");
  EXPECT_EQ(before.field("skiff-reason"), "cpu_limit");
  ASSERT_EQ(api_.put(appPath("acme/web"),
                     R"({"routes":["web.test/*"],"limits":{"wall_ms":30,"cpu_ms":300000}})")
                .status,
            200);
  EXPECT_EQ(daemon_.get("web.test").field("skiff-reason"), "wall_limit");
}

TEST_F(Deploying, MovesAnAppToOtherRoutes) {
  api_.serve("acme", "web", "hello");
  ASSERT_EQ(api_.put(appPath("acme/web"), R"({"routes":["other.test/*"]})").status, 200);
  EXPECT_EQ(daemon_.get("web.test").status, 404);
  EXPECT_EQ(daemon_.get("other.test").status, 200);
}

TEST_F(Deploying, RefusesARouteThatIsAnotherApps) {
  api_.serve("acme", "web", "hello");
  ASSERT_EQ(api_.put("/v1/tenants/globex", "{}").status, 201);
  const ApiReply taken = api_.put(appPath("globex/shop"), R"({"routes":["web.test/*"]})");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(taken.word("code"), "route_taken");
  EXPECT_EQ(api_.get(appPath("globex/shop")).status, 404) << "nothing of it was kept";
}

TEST_F(Deploying, GivesSecretsToTheGuestAndToNobodyElse) {
  api_.serve("acme", "web", "cgi");
  const std::string secret = "the-secret-0123456789";
  ASSERT_EQ(
      api_.put(appPath("acme/web", "/secrets/API_KEY"), R"({"value":")" + secret + "\"}").status,
      204);
  EXPECT_THAT(answer(), HasSubstr("API_KEY=" + secret));
  EXPECT_THAT(api_.get(appPath("acme/web")).text,
              AllOf(HasSubstr("API_KEY"), Not(HasSubstr(secret))));
  EXPECT_THAT(api_.get("/v1/audit").text, Not(HasSubstr(secret)));
  EXPECT_THAT(daemon_.process().text(Process::Stream::error), Not(HasSubstr(secret)));
  daemon_.restart();
  EXPECT_THAT(answer(), HasSubstr("API_KEY=" + secret));
  ASSERT_EQ(api_.remove(appPath("acme/web", "/secrets/API_KEY")).status, 204);
  EXPECT_THAT(answer(), Not(HasSubstr("API_KEY")));
}

TEST_F(Deploying, FollowsAnAppsLog) {
  api_.serve("acme", "web", "test/trap");
  daemon_.get("web.test");
  Client client(daemon_.adminPort());
  client.send(request("GET", "127.0.0.1", appPath("acme/web", "/logs?follow=1"), {},
                      "Authorization: Bearer " + api_.token() + "\r\n"));
  EXPECT_THAT(client.receiveUntil("guest_trap"), HasSubstr("text/event-stream"));
  client.receiveUntil("\n\n");
  // The same fault once a second, so another one; the log is the app's, whatever its version.
  api_.deploy("acme/web", api_.upload("acme/web", "test/spin"));
  daemon_.get("web.test");
  EXPECT_THAT(client.receiveUntil("cpu_limit"), HasSubstr("data: {"));
}

TEST_F(Deploying, HoldsEachTenantToItsOwnTokens) {
  api_.serve("acme", "web", "hello");
  api_.serve("globex", "shop", "hello");
  const ApiReply made = api_.post("/v1/tokens", R"({"scope":"tenant-admin","tenant":"acme"})");
  ASSERT_EQ(made.status, 201);
  const AdminApi acme(daemon_, made.word("token"));
  EXPECT_EQ(acme.get(appPath("acme/web")).status, 200);
  const ApiReply other = acme.get(appPath("globex/shop"));
  const ApiReply none = acme.get(appPath("nobody/shop"));
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(other.text, none.text);
  EXPECT_EQ(AdminApi(daemon_, "skf_wrong").get("/v1/status").status, 401);
}

TEST(DeployingBesideTheFile, RefusesToStartWhereItsStateCannotBe) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "no folder";
  std::ofstream(folder / "skiff.toml")
      << "data_dir = \"file\"\n[server]\nlisten = [\"127.0.0.1:0\"]\n[admin]\nlisten = "
         "\"127.0.0.1:0\"\n";
  Process process(SKIFFD, {"--config", folder / "skiff.toml"});
  EXPECT_EQ(process.wait(), (Ending{1, 0}));
  EXPECT_THAT(process.text(Process::Stream::error), HasSubstr("set data_dir to a folder"));
}

TEST(DeployingBesideTheFile, LeavesTheFilesTenantsAsTheFileHasThem) {
  ConfigText config;
  config.apps = {{"hello", "hello", {}, {}}};
  Daemon daemon(config);
  const AdminApi api(daemon);
  EXPECT_EQ(api.get("/v1/tenants/acme").word("source"), "file");
  EXPECT_EQ(api.put("/v1/tenants/acme", "{}").word("code"), "read_only");
  EXPECT_EQ(api.put(appPath("acme/more"), R"({"routes":["more.test/*"]})").word("code"),
            "read_only");
  api.serve("globex", "web", "hello");
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  EXPECT_EQ(daemon.get("web.test").status, 200);
}

TEST(DeployingBesideTheFile, KeepsTheCatalogsAppsWhenTheFileIsReadAnew) {
  ConfigText config;
  config.apps = {{"hello", "hello", {}, {}}};
  Daemon daemon(config);
  AdminApi(daemon).serve("globex", "web", "hello");
  config.apps.push_back({"more", "hello", {}, {}});
  daemon.reload(config.text());
  EXPECT_TRUE(eventually([&] { return daemon.get("more.test").status == 200; }));
  EXPECT_EQ(daemon.get("web.test").status, 200);
  config.apps.push_back({"web", "hello", {}, {}});
  daemon.reload(config.text());
  EXPECT_THAT(daemon.process().waitForLine(Process::Stream::error, "is claimed by both"),
              HasSubstr("globex/web"));
  EXPECT_EQ(daemon.get("more.test").status, 200);
}

TEST(DeployingBesideTheFile, HoldsTheCatalogsAppsToTheFilesNewLimits) {
  ConfigText config;
  Daemon daemon(config);
  AdminApi(daemon).serve("globex", "web", "test/spin");
  EXPECT_EQ(daemon.get("web.test").field("skiff-reason"), "cpu_limit");
  config.limits = "wall_ms = 30\ncpu_ms = 300000";
  daemon.reload(config.text());
  EXPECT_TRUE(
      eventually([&] { return daemon.get("web.test").field("skiff-reason") == "wall_limit"; }));
}

}  // namespace
}  // namespace skiff::e2e
