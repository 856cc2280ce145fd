#include <boost/json.hpp>

#include "tests/server/api/api_fixture.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::ApiFixture;
using testing::HttpAnswer;

class AdminApi : public ApiFixture {
 protected:
  void SetUp() override { start(); }
};

constexpr std::string_view kWasm = "Content-Type";

TEST_F(AdminApi, TakesAnAppFromItsTenantToItsDeployment) {
  const HttpAnswer tenant = put("/v1/tenants/acme", R"({"limits":{"cpu_ms":20}})");
  ASSERT_EQ(tenant.status, 201u) << tenant.body;
  EXPECT_EQ(json::parse(tenant.body).at("limits").at("cpu_ms"), 20);
  EXPECT_EQ(runtime_.limitsOf("acme").cpu, std::chrono::milliseconds(20));

  const HttpAnswer app =
      put("/v1/tenants/acme/apps/web", R"({"routes":["web.localhost/*"],"env":{"COLOUR":"red"}})");
  ASSERT_EQ(app.status, 201u) << app.body;
  EXPECT_EQ(json::parse(app.body).at("deployment"), nullptr);
  EXPECT_TRUE(runtime_.served("acme", "web").versions.empty());

  const HttpAnswer version = post("/v1/tenants/acme/apps/web/versions", "\0asm one",
                                  {{std::string(kWasm), "application/wasm"}});
  ASSERT_EQ(version.status, 201u) << version.body;
  const std::string name = json::parse(version.body).at("version").as_string().c_str();
  EXPECT_EQ(version.field("location"), "/v1/tenants/acme/apps/web/versions/" + name);

  const HttpAnswer deployment =
      put("/v1/tenants/acme/apps/web/deployment",
          R"({"split":[{"version":")" + name.substr(0, 6) + R"(","weight":1}],"sticky":"ip"})");
  ASSERT_EQ(deployment.status, 200u) << deployment.body;
  EXPECT_EQ(json::parse(deployment.body).at("number"), 1);
  const AppSpec served = runtime_.served("acme", "web");
  ASSERT_EQ(served.versions.size(), 1u);
  EXPECT_EQ(served.versions[0].name, name);
  EXPECT_EQ(served.versions[0].weight, 1u);
  EXPECT_EQ(served.sticky.kind, StickyKey::Kind::ip);
  EXPECT_EQ(served.deployment, 1);
  EXPECT_EQ(served.config.limits.cpu, std::chrono::milliseconds(20));
  EXPECT_THAT(served.config.env, ::testing::ElementsAre(::testing::Pair("COLOUR", "red")));
  EXPECT_TRUE(std::filesystem::exists(served.versions[0].module));

  const json::value status = json::parse(get("/v1/status").body);
  EXPECT_EQ(status.at("apps"), 1);
  EXPECT_EQ(status.at("items").at(0).at("versions"), json::array({name}));
}

}  // namespace
}  // namespace skiff
