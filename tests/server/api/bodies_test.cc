#include <boost/json.hpp>

#include "tests/server/api/api_fixture.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::ApiFixture;
using testing::HttpAnswer;
using testing::HttpConnection;
using testing::HttpFields;

class ApiBodies : public ApiFixture {
 protected:
  void SetUp() override { start(); }

  HttpFields fields(std::string type, HttpFields more = {}) {
    more.emplace_back("Authorization", "Bearer " + operator_);
    more.emplace_back("Content-Type", std::move(type));
    return more;
  }
  static std::string codeOf(const HttpAnswer& answer) {
    return json::parse(answer.body).at("code").as_string().c_str();
  }
};

TEST_F(ApiBodies, AreNotReadBeforeTheTokenIsKnown) {
  HttpConnection connection(server_->port());
  connection.send(
      "PUT /v1/tenants/acme HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(connection.read().status, 401u);
  EXPECT_TRUE(connection.ended());
}

TEST_F(ApiBodies, AreAskedForWhereTheClientWaitsForThat) {
  HttpConnection connection(server_->port());
  connection.send("PUT /v1/tenants/acme HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                  operator_ +
                  "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                  "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(connection.readSome(), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.send("{}");
  EXPECT_EQ(connection.read().status, 201u);
}

TEST_F(ApiBodies, HaveALimitForTheirType) {
  makeApp("acme", "web");
  const std::string versions = "/v1/tenants/acme/apps/web/versions";
  for (const auto& [type, limit] :
       {std::pair<std::string, std::size_t>("application/json", 256 << 10),
        {"application/wasm", 64 << 20}}) {
    HttpConnection announced(server_->port());
    announced.send("POST " + versions + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                   operator_ + "\r\nContent-Type: " + type +
                   "\r\nContent-Length: " + std::to_string(limit + 1) + "\r\n\r\n");
    const HttpAnswer answer = announced.read();
    EXPECT_EQ(answer.status, 413u) << type;
    EXPECT_EQ(codeOf(answer), "body_too_large");
    EXPECT_TRUE(announced.ended());
  }
  // One that does not say how long it will be is counted as it comes.
  HttpConnection chunked(server_->port());
  chunked.send("PUT /v1/tenants/acme HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
               operator_ +
               "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "4000\r\n" + std::string(0x4000, ' ') + "\r\n";
  for (int i = 0; i < 17; ++i) {
    if (!chunked.send(chunk)) break;
  }
  EXPECT_EQ(chunked.read().status, 413u);
  EXPECT_TRUE(chunked.ended());
  const std::string most = "{}" + std::string((256 << 10) - 2, ' ');
  EXPECT_EQ(put("/v1/tenants/acme", most).status, 200u);
}

TEST_F(ApiBodies, MayComeInChunks) {
  HttpConnection connection(server_->port());
  connection.send("PUT /v1/tenants/acme HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                  operator_ +
                  "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
  EXPECT_EQ(connection.read().status, 201u);
  // The connection goes on behind it.
  EXPECT_EQ(
      connection.ask("GET", "/v1/tenants/acme", {{"Authorization", "Bearer " + operator_}}).status,
      200u);
}

TEST_F(ApiBodies, OfAModuleMayBeLarge) {
  makeApp("acme", "web");
  std::string module(std::size_t{64} << 20, 'm');
  const HttpAnswer answer =
      post("/v1/tenants/acme/apps/web/versions", module, {{"Content-Type", "application/wasm"}});
  ASSERT_EQ(answer.status, 201u) << answer.body;
  EXPECT_EQ(json::parse(answer.body).at("size"), module.size());
}

TEST_F(ApiBodies, ThatAreNoJsonAreRefusedInWords) {
  for (const char* body :
       {"{", "[]", "\"x\"", "{} {}", "nul", "{\"limits\":}", "\xff\xfe", "{\"a\":1,}"}) {
    const HttpAnswer answer = put("/v1/tenants/acme", body);
    EXPECT_EQ(answer.status, 400u) << body;
    EXPECT_EQ(codeOf(answer), "bad_request") << body;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "{\"a\":";
  EXPECT_EQ(put("/v1/tenants/acme", deep + "1" + std::string(100, '}')).status, 400u);
}

TEST_F(ApiBodies, AreOfATypeThatTheRouteTakes) {
  const HttpAnswer form = put("/v1/tenants/acme", "a=b", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(form.status, 415u);
  EXPECT_EQ(codeOf(form), "unsupported_media_type");
  EXPECT_EQ(put("/v1/tenants/acme", "{}", {{"Content-Type", "application/wasm"}}).status, 415u);
  EXPECT_EQ(
      put("/v1/tenants/acme", "{}", {{"Content-Type", "Application/JSON; charset=utf-8"}}).status,
      201u);
  EXPECT_EQ(ask("PUT", "/v1/tenants/acme", operator_).status, 200u);
  EXPECT_EQ(ask("GET", "/v1/tenants/acme", operator_, "{}").status, 413u);
}

TEST_F(ApiBodies, NameEachKeyThatIsWrong) {
  const HttpAnswer answer =
      put("/v1/tenants/acme", R"({"limits":{"cpu_ms":0,"memory":"1GB"},"colour":"red"})");
  EXPECT_EQ(answer.status, 422u);
  const json::value body = json::parse(answer.body);
  EXPECT_EQ(body.at("code"), "invalid");
  std::vector<std::string> keys;
  for (const json::value& error : body.at("errors").as_array()) {
    keys.emplace_back(error.at("key").as_string());
  }
  EXPECT_THAT(keys, ::testing::UnorderedElementsAre("limits.cpu_ms", "limits.memory", "colour"));
}

TEST_F(ApiBodies, ThatStopComingEndTheConnection) {
  stop();
  AdminLimits limits = quickLimits();
  limits.session.bodyPause = std::chrono::milliseconds(50);
  start(limits);
  HttpConnection connection(server_->port());
  connection.send("PUT /v1/tenants/acme HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                  operator_ + "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
  EXPECT_TRUE(connection.ended());
  EXPECT_EQ(get("/v1/tenants/acme").status, 404u);
}

TEST_F(ApiBodies, ThatTrickleInEndTheConnection) {
  stop();
  AdminLimits limits = quickLimits();
  limits.session.body = std::chrono::milliseconds(200);
  start(limits);
  HttpConnection connection(server_->port());
  connection.send("PUT /v1/tenants/acme HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                  operator_ +
                  "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  bool goesOn = true;
  for (int i = 0; i < 10'000'000 && goesOn; ++i) goesOn = connection.send("1\r\n \r\n");
  EXPECT_FALSE(goesOn);
}

TEST_F(ApiBodies, AreHeldUpToABoundTogether) {
  stop();
  AdminLimits limits = quickLimits();
  limits.gate.bodyBytes = 1'000;
  start(limits);
  EXPECT_EQ(put("/v1/tenants/acme", "{}" + std::string(900, ' ')).status, 201u);
  const HttpAnswer answer = put("/v1/tenants/acme", "{}" + std::string(1'000, ' '));
  EXPECT_EQ(answer.status, 429u);
  EXPECT_EQ(codeOf(answer), "too_many_requests");
  // What was held is given back.
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(put("/v1/tenants/acme", "{}" + std::string(900, ' ')).status, 200u);
  }
}

TEST_F(ApiBodies, OfOneTenantLeaveRoomForThoseOfOthers) {
  stop();
  AdminLimits limits = quickLimits();
  limits.gate.bodyBytes = 300'000;
  limits.gate.bodyBytesPerOwner = 100'000;
  limits.gate.bodyBytesKept = 100'000;
  start(limits);
  const std::string body = "{}" + std::string(90'000 - 2, ' ');
  std::vector<std::string> tokens;
  std::vector<std::string> paths;
  for (const char* tenant : {"acme", "globex", "initech"}) {
    makeApp(tenant, "web");
    tokens.push_back(makeToken("tenant-admin", tenant));
    paths.push_back(std::string("/v1/tenants/") + tenant + "/apps/web");
  }
  const auto announce = [&](std::size_t i) {
    auto connection = std::make_unique<HttpConnection>(server_->port());
    connection->send("PUT " + paths[i] + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
                     tokens[i] +
                     "\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n"
                     "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(connection->readSome(), "HTTP/1.1 100 Continue\r\n\r\n");
    return connection;
  };
  const auto acme = announce(0);
  EXPECT_EQ(ask("PUT", paths[0], tokens[0], body).status, 429u) << "it holds its part already";
  EXPECT_EQ(ask("PUT", paths[1], tokens[1], body).status, 200u);
  const auto globex = announce(1);
  EXPECT_EQ(ask("PUT", paths[2], tokens[2], body).status, 429u) << "the rest is for operators";
  EXPECT_EQ(put(paths[2], body).status, 200u);
  acme->send(body);
  EXPECT_EQ(acme->read().status, 200u);
  EXPECT_EQ(ask("PUT", paths[2], tokens[2], body).status, 200u) << "what was taken is given back";
}

}  // namespace
}  // namespace skiff
