#include <boost/json.hpp>

#include "server/api/route_table.h"
#include "server/tls/certificate_set.h"
#include "tests/server/api/api_fixture.h"
#include "tests/server/tls/test_certificate.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::HttpAnswer;

/// Two tenants that have the same, and every kind of token.
class ApiAccess : public testing::ApiFixture {
 protected:
  void SetUp() override {
    certificates_ = &set_;
    start();
    for (const char* tenant : {"acme", "globex"}) {
      makeApp(tenant, "web");
      version_ = makeVersion(tenant, "web", "module");
      deploy(tenant, "web", version_);
      put("/v1/tenants/" + std::string(tenant) + "/apps/web/secrets/KEY", R"({"value":"hush"})");
    }
    admin_ = makeToken("tenant-admin", "acme");
    read_ = makeToken("tenant-read", "acme");
    otherId_ = idOf(post("/v1/tokens", R"({"scope":"tenant-read","tenant":"globex"})"));
    ownId_ = idOf(post("/v1/tokens", R"({"scope":"tenant-read","tenant":"acme"})"));
  }

  void TearDown() override { stop(); }

  static std::string idOf(const HttpAnswer& answer) {
    return json::parse(answer.body).at("id").as_string().c_str();
  }

  /// A request that would do, of this tenant.
  std::string pathOf(const ApiRoute& route, std::string_view tenant, std::string_view app,
                     std::string_view name) const {
    std::string path(route.path);
    for (const auto& [part, value] :
         {std::pair<std::string_view, std::string_view>("{tenant}", tenant),
          {"{app}", app},
          {"{version}", name.empty() ? std::string_view(version_) : name},
          {"{name}", name.empty() ? "KEY" : name},
          {"{host}", name.empty() ? "web.acme.test" : name},
          {"{id}", name.empty() ? ownId_ : name}}) {
      if (const auto at = path.find(part); at != path.npos) path.replace(at, part.size(), value);
    }
    return path;
  }
  std::string bodyOf(const ApiRoute& route) const {
    if (route.requestSchema == "DeploymentDocument") {
      return R"({"split":[{"version":")" + version_ + R"(","weight":1}]})";
    }
    if (route.requestSchema == "AppDocument") return R"({"routes":["web.acme.test/*"]})";
    if (route.requestSchema == "CertificateDocument") {
      return json::serialize(
          json::object{{"certificate", certificate_.certificate}, {"key", certificate_.key}});
    }
    if (route.requestSchema == "Secret") return R"({"value":"x"})";
    if (route.requestSchema == "ImageReference") return R"({"image":"a/b:c"})";
    if (route.requestSchema == "TokenRequest") return R"({"scope":"tenant-read"})";
    return route.requestSchema.empty() ? "" : "{}";
  }

  CertificateSet set_{nullptr};
  testing::TestCertificate certificate_ =
      testing::TestCertificate::make({"a", "DNS:web.acme.test"});
  std::string version_, admin_, read_, ownId_, otherId_;
};

TEST_F(ApiAccess, IsForThoseWithATokenThatHolds) {
  const auto brief =
      post("/v1/tokens", R"({"scope":"tenant-admin","tenant":"acme","expires_in_s":60})");
  const std::string expired = json::parse(brief.body).at("token").as_string().c_str();
  clockOffset_ = 61;
  const std::string deleted = makeToken("tenant-admin", "acme");
  const json::value list = json::parse(ask("GET", "/v1/tokens", deleted).body);
  EXPECT_EQ(
      remove("/v1/tokens/" + std::string(list.at("items").as_array().back().at("id").as_string()))
          .status,
      204u);
  for (const ApiRoute& route : apiRoutes()) {
    const std::string path = pathOf(route, "acme", "web", "");
    SCOPED_TRACE(std::string(route.method) + " " + path);
    const std::string none = askForText(route.method, path, "", bodyOf(route));
    EXPECT_TRUE(none.starts_with("HTTP/1.1 401 ")) << none;
    EXPECT_NE(none.find("WWW-Authenticate: Bearer"), none.npos);
    EXPECT_NE(none.find("\"code\":\"unauthorized\""), none.npos);
    for (const std::string& token :
         {std::string("skf_garbage"), expired, deleted, operator_.substr(0, 40), operator_ + "x",
          std::string(3'000, 'x')}) {
      EXPECT_EQ(askForText(route.method, path, token, bodyOf(route)), none);
    }
    for (const char* scheme : {"Basic ", "Bearer", "bearer  ", ""}) {
      EXPECT_EQ(askForText(route.method, path, "", bodyOf(route), {{"Authorization", scheme}}),
                none);
    }
  }
  EXPECT_EQ(ask("GET", "/v1/nothing", "").status, 401u);
  EXPECT_EQ(ask("GET", "/v1", "").status, 401u);
}

TEST_F(ApiAccess, TellsATenantNothingOfAnother) {
  for (const ApiRoute& route : apiRoutes()) {
    if (route.path.find("{tenant}") == route.path.npos) continue;
    SCOPED_TRACE(std::string(route.method) + " " + std::string(route.path));
    for (const std::string& token : {admin_, read_}) {
      const std::string there =
          askForText(route.method, pathOf(route, "globex", "web", ""), token, bodyOf(route));
      EXPECT_TRUE(there.starts_with("HTTP/1.1 404 ")) << there;
      for (const auto& [tenant, app, name] : {std::array<std::string, 3>{"globex", "none", "none"},
                                              {"nobody", "web", ""},
                                              {"nobody", "none", "none"},
                                              {"..", "web", ""},
                                              {"ACME", "web", ""},
                                              {"acm%65", "web", ""}}) {
        EXPECT_EQ(askForText(route.method, pathOf(route, tenant, app, name), token, bodyOf(route)),
                  there)
            << tenant << "/" << app;
      }
      // Neither by bodies that are wrong, nor by conditions.
      if (route.body != BodyKind::none) {
        EXPECT_EQ(askForText(route.method, pathOf(route, "globex", "web", ""), token, "{oops",
                             {{"If-None-Match", "*"}}),
                  askForText(route.method, pathOf(route, "nobody", "web", ""), token, "{oops",
                             {{"If-None-Match", "*"}}));
      }
    }
  }
  EXPECT_EQ(askForText("DELETE", "/v1/tokens/" + otherId_, admin_),
            askForText("DELETE", "/v1/tokens/0000000000000000", admin_));
  EXPECT_EQ(askForText("GET", "/v1/audit?tenant=globex", admin_),
            askForText("GET", "/v1/audit?tenant=nobody", admin_));
  EXPECT_EQ(ask("GET", "/v1/audit?tenant=globex", admin_).status, 404u);
  EXPECT_EQ(
      askForText("POST", "/v1/tokens", admin_, R"({"scope":"tenant-read","tenant":"globex"})"),
      askForText("POST", "/v1/tokens", admin_, R"({"scope":"tenant-read","tenant":"nobody"})"));
  // What was asked for did not happen.
  EXPECT_EQ(get("/v1/tenants/globex/apps/web/versions/" + version_).status, 200u);
}

TEST_F(ApiAccess, ListsOfATenantHaveNothingOfAnother) {
  for (const char* path : {"/v1/tenants", "/v1/tenants?limit=1000&after=b", "/v1/status",
                           "/v1/audit?limit=1000", "/v1/tokens"}) {
    for (const std::string& token : {admin_, read_}) {
      const HttpAnswer answer = ask("GET", path, token);
      EXPECT_EQ(answer.status, 200u) << path;
      EXPECT_EQ(answer.body.find("globex"), std::string::npos) << path << answer.body;
      EXPECT_EQ(answer.body.find(otherId_), std::string::npos) << path << answer.body;
    }
    EXPECT_NE(get(path).body.find("globex"), std::string::npos) << path;
  }
}

TEST_F(ApiAccess, IsBoundedByTheTokensScope) {
  for (const ApiRoute& route : apiRoutes()) {
    const std::string path = pathOf(route, "acme", "web", "");
    SCOPED_TRACE(std::string(route.method) + " " + path);
    const unsigned reads = ask(route.method, path, read_, bodyOf(route)).status;
    EXPECT_EQ(reads == 403, route.access != Access::tenantRead) << reads;
    if (route.access == Access::operatorOnly) {
      EXPECT_EQ(ask(route.method, path, admin_, bodyOf(route)).status, 403u);
    }
  }
  for (const ApiRoute& route : apiRoutes()) {
    if (route.access == Access::operatorOnly || route.method == "DELETE") continue;
    const std::string path = pathOf(route, "acme", "web", "");
    SCOPED_TRACE(std::string(route.method) + " " + path);
    const unsigned status = ask(route.method, path, admin_, bodyOf(route)).status;
    EXPECT_TRUE(status < 300 || status == 502 || status == 409) << status;
  }
}

TEST_F(ApiAccess, MakesNoTokenBeyondItsMaker) {
  EXPECT_EQ(ask("POST", "/v1/tokens", admin_, R"({"scope":"operator"})").status, 403u);
  EXPECT_EQ(ask("POST", "/v1/tokens", read_, R"({"scope":"tenant-read"})").status, 403u);
  const auto own = ask("POST", "/v1/tokens", admin_, R"({"scope":"tenant-read"})");
  ASSERT_EQ(own.status, 201u) << own.body;
  EXPECT_EQ(json::parse(own.body).at("tenant"), "acme");
  const auto brief =
      post("/v1/tokens", R"({"scope":"tenant-admin","tenant":"acme","expires_in_s":60})");
  const std::string token = json::parse(brief.body).at("token").as_string().c_str();
  const auto child = ask("POST", "/v1/tokens", token, R"({"scope":"tenant-admin"})");
  ASSERT_EQ(child.status, 201u);
  EXPECT_EQ(json::parse(child.body).at("expires"), json::parse(brief.body).at("expires"));
}

TEST_F(ApiAccess, EndsTheTokensThatWereMadeWithOneThatEnds) {
  const auto make = [&](const std::string& token) {
    const HttpAnswer made = ask("POST", "/v1/tokens", token, R"({"scope":"tenant-admin"})");
    EXPECT_EQ(made.status, 201u) << made.body;
    return json::parse(made.body);
  };
  const json::value child = make(admin_);
  const json::value grandchild = make(child.at("token").as_string().c_str());
  EXPECT_EQ(grandchild.at("parent"), child.at("id"));
  EXPECT_EQ(remove("/v1/tokens/" + std::string(child.at("parent").as_string())).status, 204u);
  for (const std::string& token : {admin_, std::string(child.at("token").as_string()),
                                   std::string(grandchild.at("token").as_string())}) {
    EXPECT_EQ(ask("GET", "/v1/tenants/acme", token).status, 401u);
  }
  EXPECT_EQ(ask("GET", "/v1/tenants/acme", read_).status, 200u) << "made with another one";
}

TEST_F(ApiAccess, ShowsTheOverrideKeyToThoseWhoMayChangeTheApp) {
  const std::string path = "/v1/tenants/acme/apps/web/deployment";
  const std::string key = json::parse(get(path).body).at("override_key").as_string().c_str();
  EXPECT_EQ(key.size(), 32u);
  EXPECT_NE(ask("GET", path, admin_).body.find(key), std::string::npos);
  for (const char* target :
       {"/v1/tenants/acme/apps/web/deployment", "/v1/tenants/acme/apps/web",
        "/v1/tenants/acme/apps", "/v1/tenants/acme/apps/web/deployments", "/v1/audit"}) {
    EXPECT_EQ(ask("GET", target, read_).body.find(key), std::string::npos) << target;
  }
}

TEST_F(ApiAccess, SaysWhichMethodsAPathHas) {
  const auto wrong = ask("PATCH", "/v1/tenants/acme/apps/web", admin_);
  EXPECT_EQ(wrong.status, 405u);
  EXPECT_EQ(wrong.field("allow"), "PUT, GET, HEAD, DELETE");
  EXPECT_EQ(ask("POST", "/v1/tenants", operator_).field("allow"), "GET, HEAD");
  for (const char* path : {"/v1/tenants/", "/v1/tenants/acme/", "/v1//tenants", "/v1/tenant",
                           "/v1/tenants/acme/apps/web/versions/", "/v1/"}) {
    EXPECT_EQ(ask("GET", path, operator_).status, 404u) << path;
  }
}

TEST_F(ApiAccess, KeepsSecretsOutOfEveryAnswer) {
  for (const ApiRoute& route : apiRoutes()) {
    if (route.method != "GET" || route.streaming == Streaming::always) continue;
    EXPECT_EQ(get(pathOf(route, "acme", "web", "")).body.find("hush"), std::string::npos);
  }
  const json::value app = json::parse(get("/v1/tenants/acme/apps/web").body);
  EXPECT_EQ(app.at("secrets"), json::array({"KEY"}));
  EXPECT_THAT(runtime_.served("acme", "web").config.env,
              ::testing::Contains(::testing::Pair("KEY", "hush")));
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory_.path())) {
    if (!file.is_regular_file()) continue;
    const std::string name = file.path().lexically_relative(directory_.path());
    const std::string content = directory_.read(name);
    EXPECT_EQ(content.find("hush"), std::string::npos) << name;
    if (name != "operator.token") {
      EXPECT_EQ(content.find(operator_), std::string::npos) << name;
      EXPECT_EQ(content.find(admin_), std::string::npos) << name;
    }
  }
}

}  // namespace
}  // namespace skiff
