#include <boost/json.hpp>
#include <future>

#include "tests/server/api/api_fixture.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::ApiFixture;
using testing::HttpAnswer;

std::string codeOf(const HttpAnswer& answer) {
  return json::parse(answer.body).at("code").as_string().c_str();
}

class ApiChanges : public ApiFixture {
 protected:
  void SetUp() override { start(); }
  static constexpr const char* kApp = "/v1/tenants/acme/apps/web";
  static inline const std::string kDeployment = std::string(kApp) + "/deployment";
  static inline const std::string kVersions = std::string(kApp) + "/versions";
};

TEST_F(ApiChanges, AreMadeOnlyToWhatTheClientHasSeen) {
  const HttpAnswer made = put("/v1/tenants/acme", "{}", {{"If-None-Match", "*"}});
  ASSERT_EQ(made.status, 201u) << made.body;
  EXPECT_EQ(codeOf(put("/v1/tenants/acme", "{}", {{"If-None-Match", "*"}})), "precondition_failed");
  const std::string tag = made.field("etag");
  EXPECT_EQ(tag, get("/v1/tenants/acme").field("etag"));
  const HttpAnswer changed = put("/v1/tenants/acme", R"({"clock":"coarse"})", {{"If-Match", tag}});
  EXPECT_EQ(changed.status, 200u);
  EXPECT_NE(changed.field("etag"), tag);
  for (const char* target : {"/v1/tenants/acme"}) {
    EXPECT_EQ(put(target, "{}", {{"If-Match", tag}}).status, 412u);
    EXPECT_EQ(remove(target, {{"If-Match", tag}}).status, 412u);
    EXPECT_EQ(remove(target, {{"If-Match", "\"else\""}}).status, 412u);
    EXPECT_EQ(put(target, "{}", {{"If-Match", "W/" + changed.field("etag")}}).status, 412u);
    EXPECT_EQ(put(target, "{}", {{"If-Match", tag}, {"If-None-Match", "*"}}).status, 400u);
    EXPECT_EQ(put(target, "{}", {{"If-None-Match", tag}}).status, 400u);
  }
  EXPECT_EQ(json::parse(get("/v1/tenants/acme").body).at("clock"), "coarse");
  EXPECT_EQ(put("/v1/tenants/none", "{}", {{"If-Match", "*"}}).status, 412u);
  EXPECT_EQ(remove("/v1/tenants/acme", {{"If-Match", changed.field("etag")}}).status, 204u);
  EXPECT_EQ(get("/v1/tenants/acme").status, 404u);
}

TEST_F(ApiChanges, OfAppsAndDeploymentsHaveTagsToo) {
  makeApp("acme", "web");
  const std::string app = get(kApp).field("etag");
  EXPECT_EQ(put(kApp, R"({"debug":true})", {{"If-Match", app}}).status, 200u);
  EXPECT_EQ(put(kApp, R"({"debug":false})", {{"If-Match", app}}).status, 412u);
  EXPECT_TRUE(runtime_.served("acme", "web").config.debug);
  const std::string first = makeVersion("acme", "web", "one");
  const std::string body = R"({"split":[{"version":")" + first + R"(","weight":1}]})";
  const HttpAnswer deployed = put(kDeployment, body, {{"If-None-Match", "*"}});
  ASSERT_EQ(deployed.status, 200u) << deployed.body;
  EXPECT_EQ(put(kDeployment, body, {{"If-None-Match", "*"}}).status, 412u);
  EXPECT_EQ(put(kDeployment, body, {{"If-Match", deployed.field("etag")}}).status, 200u);
  EXPECT_EQ(put(kDeployment, body, {{"If-Match", deployed.field("etag")}}).status, 412u);
  EXPECT_EQ(runtime_.served("acme", "web").deployment, 2);
}

TEST_F(ApiChanges, ThatCannotBeServedAreNotMade) {
  makeApp("acme", "web");
  runtime_.applying = [](const AppRuntime::Change&) -> Result<void, AppRuntime::Refusal> {
    return AppRuntime::Refusal{AppRuntime::Refusal::Kind::module, "It needs more memory.", ""};
  };
  const HttpAnswer refused = put(kApp, R"({"debug":true})");
  EXPECT_EQ(refused.status, 422u);
  EXPECT_EQ(codeOf(refused), "module_refused");
  EXPECT_EQ(json::parse(refused.body).at("detail"), "It needs more memory.");
  runtime_.applying = [](const AppRuntime::Change&) -> Result<void, AppRuntime::Refusal> {
    return AppRuntime::Refusal{AppRuntime::Refusal::Kind::notReady, "starting", ""};
  };
  EXPECT_EQ(put(kApp, R"({"debug":true})").status, 503u);
  EXPECT_EQ(remove(kApp).status, 503u);
  runtime_.applying = nullptr;
  EXPECT_FALSE(json::parse(get(kApp).body).as_object().contains("debug"));
}

TEST_F(ApiChanges, OfATenantReachItsApps) {
  makeApp("acme", "web");
  put("/v1/tenants/acme", R"({"limits":{"cpu_ms":7},"clock":"precise"})");
  EXPECT_EQ(runtime_.served("acme", "web").config.limits.cpu, std::chrono::milliseconds(7));
  EXPECT_EQ(runtime_.served("acme", "web").config.clock, ClockKind::precise);
  EXPECT_EQ(remove("/v1/tenants/acme").status, 204u);
  EXPECT_FALSE(runtime_.serves("acme", "web"));
}

TEST_F(ApiChanges, UnderAKeyAreMadeOnce) {
  makeApp("acme", "web");
  const testing::HttpFields key{{"Content-Type", "application/wasm"}, {"Idempotency-Key", "k-1"}};
  const HttpAnswer first = post(kVersions, "module", key);
  ASSERT_EQ(first.status, 201u);
  const HttpAnswer again = post(kVersions, "module", key);
  EXPECT_EQ(again.status, 201u);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.field("location"), first.field("location"));
  EXPECT_EQ(post(kVersions, "module", {{"Content-Type", "application/wasm"}}).status, 200u);
  const HttpAnswer other = post(kVersions, "another", key);
  EXPECT_EQ(other.status, 422u);
  EXPECT_EQ(json::parse(other.body).at("errors").at(0).at("key"), "Idempotency-Key");
  // A key is its token's.
  const std::string admin = makeToken("tenant-admin", "acme");
  EXPECT_EQ(ask("POST", kVersions, admin, "another", key).status, 201u);
  // What was refused may be tried again.
  EXPECT_EQ(
      post("/v1/tokens", R"({"scope":"tenant-read","tenant":"late"})", {{"Idempotency-Key", "k-2"}})
          .status,
      404u);
  put("/v1/tenants/late", "{}");
  EXPECT_EQ(
      post("/v1/tokens", R"({"scope":"tenant-read","tenant":"late"})", {{"Idempotency-Key", "k-2"}})
          .status,
      201u);
  EXPECT_EQ(post("/v1/tokens", "{}", {{"Idempotency-Key", "with blank"}}).status, 400u);
  EXPECT_EQ(post("/v1/tokens", "{}", {{"Idempotency-Key", std::string(256, 'k')}}).status, 400u);
}

TEST_F(ApiChanges, UnderAKeyGiveANewTokenAgainButStoreItNowhere) {
  const testing::HttpFields key{{"Idempotency-Key", "token-1"}};
  const HttpAnswer first = post("/v1/tokens", R"({"scope":"operator"})", key);
  EXPECT_EQ(post("/v1/tokens", R"({"scope":"operator"})", key).body, first.body);
  stop();
  const std::string token = json::parse(first.body).at("token").as_string().c_str();
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory_.path())) {
    if (!file.is_regular_file()) continue;
    EXPECT_EQ(directory_.read(file.path().lexically_relative(directory_.path())).find(token),
              std::string::npos);
  }
  start();
  EXPECT_EQ(post("/v1/tokens", R"({"scope":"operator"})", key).body, first.body);
}

TEST_F(ApiChanges, KeepRoutesOfTenantsApart) {
  makeApp("acme", "web");    // web.acme.test
  makeApp("globex", "web");  // web.globex.test
  const std::string admin = makeToken("tenant-admin", "globex");
  const std::string app = "/v1/tenants/globex/apps/web";
  const auto routes = [&](std::string_view token, const std::string& route) {
    return ask("PUT", app, token, R"({"routes":[")" + route + R"("]})");
  };
  for (const char* route : {"web.acme.test/other", "WEB.acme.test/x", "*.acme.test/*"}) {
    const HttpAnswer answer = routes(admin, route);
    EXPECT_EQ(answer.status, 409u) << route;
    EXPECT_EQ(codeOf(answer), "route_taken") << route;
    EXPECT_EQ(answer.body.find("acme/"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(routes(admin, "*/*").status, 403u);
  EXPECT_EQ(routes(admin, "api.acme.test/*").status, 200u);
  EXPECT_EQ(routes(operator_, "web.acme.test/other").status, 200u);
  const HttpAnswer same = routes(operator_, "web.acme.test/*");
  EXPECT_EQ(same.status, 409u);
  EXPECT_NE(same.body.find("acme/web"), std::string::npos) << same.body;
  // What is given up is free for others.
  EXPECT_EQ(routes(operator_, "web.globex.test/*").status, 200u);
  EXPECT_EQ(remove("/v1/tenants/acme").status, 204u);
  EXPECT_EQ(routes(admin, "web.acme.test/*").status, 200u);
}

TEST_F(ApiChanges, KeepATenantOnItsHosts) {
  put("/v1/tenants/acme", R"({"hosts":["*.acme.test","shop.test"]})");
  const std::string admin = makeToken("tenant-admin", "acme");
  const auto routes = [&](const std::string& route) {
    return ask("PUT", kApp, admin, R"({"routes":[")" + route + R"("]})").status;
  };
  EXPECT_EQ(routes("www.acme.test/*"), 201u);
  EXPECT_EQ(routes("*.eu.acme.test/*"), 200u);
  EXPECT_EQ(routes("shop.test/x"), 200u);
  EXPECT_EQ(routes("acme.test/*"), 403u);
  EXPECT_EQ(routes("www.shop.test/*"), 403u);
  EXPECT_EQ(routes("evilacme.test/*"), 403u);
}

TEST_F(ApiChanges, ThatReachBeyondTheTenantAreTheOperators) {
  makeApp("acme", "web");
  const std::string admin = makeToken("tenant-admin", "acme");
  for (const char* body :
       {R"({"dirs":[{"host":"/etc","guest":"/etc"}]})", R"({"files":"/etc"})",
        R"({"limits":{"cpu_ms":60}})", R"({"limits":{"memory":"256MiB"}})",
        R"({"origin":"http://127.0.0.1:9000"})", R"({"origin":"http://localhost"})",
        R"({"origin":"http://169.254.169.254"})", R"({"origin":"http://10.1.2.3"})",
        R"({"origin":"http://[::1]:80"})", R"({"origin":"http://[fe80::1]"})",
        R"({"origin":"http://[::ffff:127.0.0.1]"})", R"({"origin":"http://db"})"}) {
    const HttpAnswer answer = ask("PUT", kApp, admin, body);
    EXPECT_EQ(answer.status, 403u) << body << answer.body;
    EXPECT_EQ(put(kApp, body).status, 200u) << body;
    // What the operator has set may stay.
    EXPECT_EQ(ask("PUT", kApp, admin, body).status, 200u) << body;
    EXPECT_EQ(put(kApp, "{}").status, 200u);
  }
  EXPECT_EQ(ask("PUT", kApp, admin, R"({"origin":"http://origin.example"})").status, 200u);
  EXPECT_EQ(ask("PUT", kApp, admin, R"({"limits":{"cpu_ms":10}})").status, 200u);
}

TEST_F(ApiChanges, OfTenantsOfTheFileAreRefused) {
  TenantConfig tenant;
  tenant.name = "filed";
  AppConfig& web = tenant.apps.emplace_back();
  web.name = "web";
  web.routes = {"filed.test/*"};
  fileTenants_.push_back(tenant);
  runtime_.fileTenants.insert("filed");
  for (const char* path : {"/v1/tenants/filed", "/v1/tenants/filed/apps/web"}) {
    EXPECT_EQ(codeOf(put(path, "{}")), "read_only");
    EXPECT_EQ(codeOf(remove(path)), "read_only");
    const HttpAnswer shown = get(path);
    EXPECT_EQ(shown.status, 200u) << shown.body;
    EXPECT_EQ(json::parse(shown.body).at("source"), "file");
  }
  EXPECT_EQ(json::parse(get("/v1/tenants").body).at("items").at(0).at("name"), "filed");
  EXPECT_EQ(json::parse(get("/v1/tenants/filed/apps").body).at("items").as_array().size(), 1u);
}

TEST_F(ApiChanges, OfSecretsReachTheAppAndNobodyElse) {
  makeApp("acme", "web");
  put(kApp, R"({"env":{"A":"1","KEY":"plain"}})");
  EXPECT_EQ(put(std::string(kApp) + "/secrets/KEY", R"({"value":"hush"})").status, 204u);
  EXPECT_THAT(runtime_.served("acme", "web").config.env,
              ::testing::ElementsAre(::testing::Pair("A", "1"), ::testing::Pair("KEY", "plain")))
      << "nothing runs yet that could read it";
  deploy("acme", "web", makeVersion("acme", "web", "module"));
  EXPECT_THAT(runtime_.served("acme", "web").config.env,
              ::testing::ElementsAre(::testing::Pair("A", "1"), ::testing::Pair("KEY", "hush")));
  for (const char* name : {"1X", "A-B", "A%20B", ""}) {
    EXPECT_GE(put(std::string(kApp) + "/secrets/" + name, R"({"value":"x"})").status, 400u) << name;
  }
  EXPECT_EQ(put(std::string(kApp) + "/secrets/" + std::string(129, 'x'), R"({"value":"x"})").status,
            422u);
  EXPECT_EQ(put(std::string(kApp) + "/secrets/BIG",
                json::serialize(json::object{{"value", std::string(65'537, 'x')}}))
                .status,
            422u);
  EXPECT_EQ(put(std::string(kApp) + "/secrets/NUL", R"({"value":"a\u0000b"})").status, 422u);
  EXPECT_EQ(put(std::string(kApp) + "/secrets/X", R"({"value":1})").status, 422u);
  EXPECT_EQ(remove(std::string(kApp) + "/secrets/KEY").status, 204u);
  EXPECT_EQ(remove(std::string(kApp) + "/secrets/KEY").status, 404u);
  EXPECT_THAT(runtime_.served("acme", "web").config.env,
              ::testing::Contains(::testing::Pair("KEY", "plain")));
}

TEST_F(ApiChanges, KeepTheSecretsAndVariablesOfAnAppWithinAMebibyte) {
  makeApp("acme", "web");
  const std::string large = json::serialize(json::object{{"value", std::string(60'000, 'x')}});
  const auto secret = [](int i) { return std::string(kApp) + "/secrets/S" + std::to_string(i); };
  for (int i = 0; i < 17; ++i) ASSERT_EQ(put(secret(i), large).status, 204u) << i;
  const HttpAnswer refused = put(secret(17), large);
  EXPECT_EQ(refused.status, 422u);
  EXPECT_EQ(codeOf(refused), "invalid");
  EXPECT_NE(refused.body.find("at most 1048576"), std::string::npos) << refused.body;
  const std::string app =
      json::serialize(json::object{{"env", {{"LONG", std::string(60'000, 'x')}}}});
  EXPECT_EQ(codeOf(put(kApp, app)), "invalid");
  EXPECT_EQ(put(secret(0), large).status, 204u) << "one may be changed";
  EXPECT_EQ(remove(secret(0)).status, 204u);
  EXPECT_EQ(put(kApp, app).status, 200u);
  EXPECT_EQ(codeOf(put(secret(0), large)), "invalid");
}

TEST_F(ApiChanges, OfListsEndAPageAtFourMebibytes) {
  makeApp("acme", "web");
  const std::string large =
      json::serialize(json::object{{"env", {{"LONG", std::string(250'000, 'x')}}}});
  std::vector<std::string> names;
  for (int i = 10; i < 30; ++i) {
    names.push_back("app-" + std::to_string(i));
    ASSERT_EQ(put("/v1/tenants/acme/apps/" + names.back(), large).status, 201u);
  }
  names.emplace_back("web");
  std::vector<std::string> seen;
  std::string after;
  std::size_t pages = 0;
  while (true) {
    const HttpAnswer answer = get("/v1/tenants/acme/apps?limit=1000&after=" + after);
    EXPECT_LE(answer.body.size(), (std::size_t{4} << 20) + 1'000);
    ++pages;
    const json::value page = json::parse(answer.body);
    for (const json::value& item : page.at("items").as_array()) {
      seen.emplace_back(item.at("name").as_string());
    }
    if (page.at("next").is_null()) break;
    after = page.at("next").as_string();
  }
  EXPECT_EQ(pages, 2u);
  EXPECT_EQ(seen, names);
}

TEST_F(ApiChanges, OfListsComeInPages) {
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    put(std::string("/v1/tenants/") + name, "{}");
  }
  std::vector<std::string> seen;
  std::string target = "/v1/tenants?limit=2";
  while (true) {
    const json::value page = json::parse(get(target).body);
    EXPECT_LE(page.at("items").as_array().size(), 2u);
    for (const json::value& item : page.at("items").as_array()) {
      seen.emplace_back(item.at("name").as_string());
    }
    if (page.at("next").is_null()) break;
    target = "/v1/tenants?limit=2&after=" + std::string(page.at("next").as_string());
  }
  EXPECT_THAT(seen, ::testing::ElementsAre("a", "b", "c", "d", "e"));
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit="}) {
    EXPECT_EQ(get(std::string("/v1/tenants?") + query).status, 400u) << query;
  }
}

TEST_F(ApiChanges, GoBackWhereTheyCameFrom) {
  makeApp("acme", "web");
  EXPECT_EQ(codeOf(get(kDeployment)), "not_deployed");
  EXPECT_EQ(codeOf(post(std::string(kApp) + "/rollback", "")), "nothing_to_roll_back");
  const std::string first = makeVersion("acme", "web", "one");
  const std::string second = makeVersion("acme", "web", "two");
  deploy("acme", "web", first);
  EXPECT_EQ(codeOf(post(std::string(kApp) + "/rollback", "")), "nothing_to_roll_back");
  deploy("acme", "web", second);
  const HttpAnswer back = post(std::string(kApp) + "/rollback", "");
  ASSERT_EQ(back.status, 200u) << back.body;
  EXPECT_EQ(json::parse(back.body).at("cause"), "rollback");
  EXPECT_EQ(json::parse(back.body).at("number"), 3);
  EXPECT_EQ(runtime_.served("acme", "web").versions.at(0).name, first);
  EXPECT_EQ(codeOf(post(std::string(kApp) + "/rollback", "")), "nothing_to_roll_back");
  EXPECT_EQ(json::parse(get(std::string(kApp) + "/deployments").body).at("items").as_array().size(),
            3u);
}

TEST_F(ApiChanges, AreTakenBackByThemselvesUnlessChangedMeanwhile) {
  makeApp("acme", "web");
  const std::string first = makeVersion("acme", "web", "one");
  const std::string second = makeVersion("acme", "web", "two");
  deploy("acme", "web", first);
  deploy("acme", "web", second);
  runtime_.rollBack({"acme", "web", 1, "too late"});
  EXPECT_EQ(runtime_.served("acme", "web").versions.at(0).name, second);
  runtime_.rollBack({"acme", "web", 2, "half of the requests failed"});
  EXPECT_EQ(runtime_.served("acme", "web").versions.at(0).name, first);
  const json::value deployment = json::parse(get(kDeployment).body);
  EXPECT_EQ(deployment.at("cause"), "auto_rollback");
  EXPECT_EQ(deployment.at("created_by"), "skiffd");
  runtime_.rollBack({"acme", "web", 3, "nothing is before it"});
  EXPECT_EQ(json::parse(get(kDeployment).body).at("number"), 3);
}

TEST_F(ApiChanges, OfDeploymentsNameVersionsThatAreThere) {
  makeApp("acme", "web");
  const std::string version = makeVersion("acme", "web", "one");
  const auto keyOf = [&](const std::string& body) {
    const HttpAnswer answer = put(kDeployment, body);
    EXPECT_EQ(answer.status, 422u) << body;
    return std::string(json::parse(answer.body).at("errors").at(0).at("key").as_string());
  };
  EXPECT_EQ(keyOf("{}"), "split");
  EXPECT_EQ(keyOf(R"({"split":[]})"), "split");
  EXPECT_EQ(keyOf(R"({"split":[{"version":"ffff","weight":1}]})"), "split[0].version");
  EXPECT_EQ(keyOf(R"({"split":[{"version":")" + version.substr(0, 3) + R"(","weight":1}]})"),
            "split[0].version");
  EXPECT_EQ(keyOf(R"({"split":[{"version":")" + version + R"(","weight":0}]})"), "split");
  EXPECT_EQ(keyOf(R"({"split":[{"version":")" + version + R"(","weight":10001}]})"),
            "split[0].weight");
  EXPECT_EQ(keyOf(R"({"split":[{"version":")" + version + R"(","weight":1},{"version":")" +
                  version.substr(0, 5) + R"(","weight":1}]})"),
            "split[1].version");
  EXPECT_EQ(keyOf(R"({"split":[{"version":")" + version + R"(","weight":1}],"sticky":"colour:x"})"),
            "sticky");
  EXPECT_EQ(keyOf(R"({"split":[{"version":")" + version +
                  R"(","weight":1}],"auto_rollback":{"margin":2}})"),
            "auto_rollback.margin");
  std::string many = R"({"split":[)";
  for (int i = 0; i < 17; ++i) {
    many += std::string(i ? "," : "") + R"({"version":"aaaa","weight":1})";
  }
  EXPECT_EQ(keyOf(many + "]}"), "split");
}

TEST_F(ApiChanges, OfOneTenantDoNotWaitForAnothers) {
  makeApp("acme", "web");
  makeApp("globex", "web");
  std::promise<void> entered, leave;
  std::shared_future<void> left = leave.get_future().share();
  runtime_.preparing =
      [&, left](const AppSpec&,
                const VersionSpec&) -> Result<AppRuntime::Prepared, AppRuntime::Refusal> {
    entered.set_value();
    left.wait();
    return testing::preparedAs("wasi");
  };
  auto slow = std::async(std::launch::async, [&] { return makeVersion("acme", "web", "slow"); });
  entered.get_future().wait();
  EXPECT_EQ(put("/v1/tenants/globex/apps/web", "{}").status, 200u);
  EXPECT_EQ(put("/v1/tenants/acme/apps/web", "{}").status, 200u);
  EXPECT_EQ(ask("GET", "/healthz", "").status, 200u);
  leave.set_value();
  EXPECT_EQ(slow.get().size(), 16u);
}

}  // namespace
}  // namespace skiff
