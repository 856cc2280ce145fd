// The admin API, used by a client that was written from its OpenAPI document alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/e2e/admin_api.h"
#include "tests/e2e/document_client.h"
#include "tests/server/tls/test_certificate.h"

namespace skiff::e2e {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string wordOf(const DocumentClient::Answer& answer, std::string_view key) {
  return std::string(answer.body.at(key).as_string());
}

json::value splitOf(std::initializer_list<std::pair<std::string, int>> parts) {
  json::array split;
  for (const auto& [version, weight] : parts) {
    split.push_back({{"version", version}, {"weight", weight}});
  }
  return json::value{{"split", std::move(split)}};
}

TEST(TheOpenApiDocument, IsAllThatAClientNeeds) {
  Daemon daemon(ConfigText{});
  DocumentClient client(daemon.adminPort());
  client.setToken(AdminApi(daemon).token());
  const DocumentClient::Arguments tenant{{"tenant", "acme"}};
  const DocumentClient::Arguments app{{"tenant", "acme"}, {"app", "web"}};
  const auto with = [](DocumentClient::Arguments arguments, const char* name,
                       const std::string& value) {
    arguments[name] = value;
    return arguments;
  };

  EXPECT_EQ(client.call("getHealth").status, 200);
  EXPECT_EQ(client.call("getReadiness").status, 200);
  EXPECT_EQ(client.call("getOpenApi").status, 200);

  EXPECT_EQ(client.call("putTenant", tenant, json::object{}).status, 201);
  const auto made = client.call("getTenant", tenant);
  EXPECT_EQ(client.call("putTenant", with(tenant, "If-Match", made.etag), json::object{}).status,
            200);
  EXPECT_EQ(client.call("putTenant", with(tenant, "If-Match", "\"r0\""), json::object{}).status,
            412);
  EXPECT_EQ(client.call("putApp", app, {{"routes", {"web.test/*"}}}).status, 201);
  const auto host = with(tenant, "host", "web.test");
  const auto web = skiff::testing::TestCertificate::make({"web", "DNS:web.test"});
  EXPECT_EQ(
      client.call("putCertificate", host, {{"certificate", web.certificate}, {"key", web.key}})
          .status,
      201);
  EXPECT_EQ(client.call("getCertificate", host).status, 200);
  EXPECT_EQ(client.call("listCertificates", tenant).body.at("items").as_array().size(), 1u);
  EXPECT_EQ(client.call("deleteCertificate", host).status, 204);
  EXPECT_EQ(client.call("putSecret", with(app, "name", "KEY"), {{"value", "hidden"}}).status, 204);
  EXPECT_THAT(client.call("getApp", app).text, ::testing::Not(HasSubstr("hidden")));

  const std::string first = wordOf(
      client.callWith("addVersion", app, guestBytes("hello"), "application/wasm"), "version");
  const std::string second =
      wordOf(client.callWith("addVersion", with(app, "Idempotency-Key", "second"),
                             guestBytes("echo"), "application/wasm"),
             "version");
  const auto refused = client.callWith("addVersion", app, "no module", "application/wasm");
  EXPECT_EQ(refused.status, 422) << refused.text;
  const auto unreachable = client.call("addVersion", app, {{"image", "127.0.0.1:1/acme/web:v1"}});
  EXPECT_EQ(unreachable.status, 502) << unreachable.text;
  EXPECT_EQ(client.call("listVersions", app).body.at("items").as_array().size(), 2u);
  EXPECT_EQ(wordOf(client.call("getVersion", with(app, "version", first)), "version"), first);

  EXPECT_EQ(client.call("putDeployment", app, splitOf({{first, 100}})).status, 200);
  EXPECT_EQ(daemon.get("web.test").body, "Hello from skiff, you asked for /\n");
  const auto current = client.call("getDeployment", app);
  EXPECT_EQ(client
                .call("putDeployment", with(app, "If-Match", current.etag),
                      splitOf({{first, 1}, {second, 99}}))
                .status,
            200);
  EXPECT_EQ(client.call("rollBack", app).status, 200);
  EXPECT_EQ(client.call("listDeployments", app).body.at("items").as_array().size(), 3u);
  EXPECT_EQ(client.call("getLogs", with(app, "follow", "0")).status, 200);
  EXPECT_EQ(client.call("getStatus", {{"limit", "5"}}).status, 200);
  EXPECT_EQ(client.call("getMetrics").status, 200);

  const auto token =
      client.call("addToken", {}, {{"scope", "tenant-read"}, {"tenant", "acme"}, {"note", "CI"}});
  ASSERT_EQ(token.status, 201);
  client.setToken(wordOf(token, "token"));
  EXPECT_EQ(client.call("listApps", tenant).body.at("items").as_array().size(), 1u);
  EXPECT_EQ(client.call("deleteApp", app).status, 403);
  EXPECT_EQ(client.call("getTenant", {{"tenant", "globex"}}).status, 404);
  client.setToken(AdminApi(daemon).token());
  EXPECT_EQ(client.call("listTokens").body.at("items").as_array().size(), 2u);
  EXPECT_EQ(client.call("deleteToken", {{"id", wordOf(token, "id")}}).status, 204);
  client.setToken(wordOf(token, "token"));
  EXPECT_EQ(client.call("listApps", tenant).status, 401);
  client.setToken(AdminApi(daemon).token());

  EXPECT_EQ(client.call("deleteSecret", with(app, "name", "KEY")).status, 204);
  EXPECT_EQ(client.call("deleteApp", app).status, 204);
  EXPECT_EQ(client.call("getApp", app).status, 404);
  EXPECT_EQ(client.call("deleteTenant", tenant).status, 204);
  EXPECT_EQ(client.call("listTenants").body.at("items").as_array().size(), 0u);
  EXPECT_GE(client.call("listAudit").body.at("items").as_array().size(), 10u);
  EXPECT_THAT(client.notCalled(), IsEmpty());
}

}  // namespace
}  // namespace skiff::e2e
