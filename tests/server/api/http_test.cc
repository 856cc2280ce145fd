#include <boost/json.hpp>
#include <future>
#include <thread>

#include "tests/server/api/api_fixture.h"

namespace skiff {
namespace {

namespace json = boost::json;
using testing::HttpAnswer;
using testing::HttpConnection;
using testing::HttpFields;
using testing::requestText;

class ApiHttp : public testing::ApiFixture {
 protected:
  void SetUp() override { start(); }

  void restart(const AdminLimits& limits) {
    stop();
    start(limits);
  }
  HttpFields bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }
};

TEST_F(ApiHttp, AnswersSeveralRequestsOfOneConnection) {
  HttpConnection connection(server_->port());
  HttpFields fields = bearer(operator_);
  fields.emplace_back("Content-Type", "application/json");
  EXPECT_EQ(connection.ask("PUT", "/v1/tenants/acme", fields, "{}").status, 201u);
  EXPECT_EQ(connection.ask("GET", "/metrics").body, "skiff_isolates 3\n");
  EXPECT_EQ(connection.ask("GET", "/v1/tenants/acme", fields).status, 200u);
  EXPECT_EQ(connection.ask("GET", "/v1/tenants/none", fields).status, 404u);
  EXPECT_EQ(connection.ask("DELETE", "/v1/tenants/acme", fields).status, 204u);
  EXPECT_EQ(connection.ask("GET", "/v1/tenants/acme", fields).status, 404u);
}

TEST_F(ApiHttp, AnswersHeadAsGetWithoutTheBody) {
  put("/v1/tenants/acme", "{}");
  HttpConnection connection(server_->port());
  const HttpAnswer get = connection.ask("GET", "/v1/tenants/acme", bearer(operator_));
  const HttpAnswer head = connection.ask("HEAD", "/v1/tenants/acme", bearer(operator_));
  EXPECT_EQ(head.status, 200u);
  EXPECT_EQ(head.fields, get.fields);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(connection.ask("GET", "/healthz").status, 200u);
}

TEST_F(ApiHttp, IsNotForOtherHosts) {
  HttpConnection connection(server_->port());
  connection.send("GET /v1/tenants HTTP/1.1\r\nHost: rebound.example\r\nAuthorization: Bearer " +
                  operator_ + "\r\n\r\n");
  EXPECT_EQ(connection.read().status, 421u);
}

TEST_F(ApiHttp, EndsConnectionsThatSayNothing) {
  AdminLimits limits = quickLimits();
  limits.session.firstRead = std::chrono::milliseconds(50);
  restart(limits);
  HttpConnection silent(server_->port());
  EXPECT_TRUE(silent.ended());
  HttpConnection slow(server_->port());
  slow.send("GET /v1/tenants HTTP/1.1\r\n");
  EXPECT_TRUE(slow.ended());
}

class ApiHttpWithTwoPlaces : public ApiHttp {
 protected:
  void SetUp() override {
    ApiHttp::SetUp();
    AdminLimits limits = quickLimits();
    limits.strangers = 2;
    limits.session.firstRead = std::chrono::hours(1);
    limits.session.write = std::chrono::hours(1);
    limits.gate.firstDelay = std::chrono::hours(1);
    limits.gate.longestDelay = std::chrono::hours(1);
    restart(limits);
  }
};

TEST_F(ApiHttpWithTwoPlaces, LeavesThoseWithATokenInPeace) {
  HttpConnection trusted(server_->port());
  EXPECT_EQ(trusted.ask("GET", "/v1/tenants", bearer(operator_)).status, 200u);
  std::vector<HttpConnection> strangers;
  for (int i = 0; i < 6; ++i) {
    strangers.emplace_back(server_->port());
    EXPECT_EQ(strangers.back().ask("GET", "/healthz").status, 200u);
  }
  EXPECT_EQ(trusted.ask("GET", "/v1/tenants", bearer(operator_)).status, 200u);
}

TEST_F(ApiHttpWithTwoPlaces, HasTheOldestOfThoseGiveWayThatHaveAskedNothing) {
  HttpConnection asked(server_->port());
  EXPECT_EQ(asked.ask("GET", "/healthz").status, 200u);
  HttpConnection silent(server_->port());
  silent.send("GET /v1/tenants HTTP/1.1\r\n");
  HttpConnection next(server_->port());
  EXPECT_TRUE(silent.ended());
  HttpConnection last(server_->port());
  EXPECT_TRUE(next.ended());
  EXPECT_EQ(asked.ask("GET", "/healthz").status, 200u);
  EXPECT_EQ(last.ask("GET", "/v1/tenants", bearer(operator_)).status, 200u);
}

TEST_F(ApiHttpWithTwoPlaces, HasTheIdlestGiveWayWhereAllHaveAsked) {
  HttpConnection first(server_->port());
  EXPECT_EQ(first.ask("GET", "/healthz").status, 200u);
  HttpConnection second(server_->port());
  EXPECT_EQ(second.ask("GET", "/healthz").status, 200u);
  EXPECT_EQ(first.ask("GET", "/healthz").status, 200u);
  HttpConnection third(server_->port());
  EXPECT_EQ(third.ask("GET", "/healthz").status, 200u);
  EXPECT_TRUE(second.ended());
  EXPECT_EQ(first.ask("GET", "/healthz").status, 200u);
}

TEST_F(ApiHttpWithTwoPlaces, LetsAnOperatorInWhoeverHoldsThem) {
  // Refusals that are held back, of two guessers.
  std::vector<HttpConnection> guessers;
  for (int i = 0; i < 2; ++i) {
    guessers.emplace_back(server_->port());
    guessers.back().send(requestText("GET", "/v1/tenants", bearer("skf_guessed"), {}));
  }
  HttpConnection operators(server_->port());
  EXPECT_EQ(operators.ask("GET", "/v1/tenants", bearer(operator_)).status, 200u);
  // And a crowd that says nothing.
  std::vector<HttpConnection> crowd;
  for (int i = 0; i < 50; ++i) {
    crowd.emplace_back(server_->port());
    if (i % 10 != 0) continue;
    HttpConnection another(server_->port());
    EXPECT_EQ(another.ask("GET", "/v1/tenants", bearer(operator_)).status, 200u);
  }
}

TEST_F(ApiHttp, KeepsPlacesForOperatorsAlsoOfThoseForTokens) {
  put("/v1/tenants/acme", "{}");
  const std::string token = makeToken("tenant-read", "acme");
  AdminLimits limits = quickLimits();
  limits.gate.connections = 3;
  limits.gate.connectionsKept = 1;
  restart(limits);
  std::vector<HttpConnection> held;
  for (int i = 0; i < 2; ++i) {
    held.emplace_back(server_->port());
    EXPECT_EQ(held.back().ask("GET", "/v1/tenants", bearer(token)).status, 200u);
  }
  HttpConnection third(server_->port());
  EXPECT_EQ(third.ask("GET", "/v1/tenants", bearer(token)).status, 429u);
  HttpConnection operators(server_->port());
  EXPECT_EQ(operators.ask("GET", "/v1/tenants", bearer(operator_)).status, 200u);
}

TEST_F(ApiHttp, BoundsTheConnectionsOfATenant) {
  put("/v1/tenants/acme", "{}");
  const std::string token = makeToken("tenant-read", "acme");
  AdminLimits limits = quickLimits();
  limits.gate.connectionsPerOwner = 1;
  restart(limits);
  HttpConnection first(server_->port());
  EXPECT_EQ(first.ask("GET", "/v1/tenants", bearer(token)).status, 200u);
  HttpConnection second(server_->port());
  EXPECT_EQ(second.ask("GET", "/v1/tenants", bearer(token)).status, 429u);
  EXPECT_TRUE(second.ended());
  HttpConnection other(server_->port());
  EXPECT_EQ(other.ask("GET", "/v1/tenants", bearer(operator_)).status, 200u);
}

TEST_F(ApiHttp, HoldsBackThoseWhoGuessAndNobodyElse) {
  AdminLimits limits = quickLimits();
  limits.gate.firstDelay = std::chrono::hours(1);
  limits.gate.longestDelay = std::chrono::hours(1);
  limits.gate.pendingFailures = 2;
  restart(limits);
  std::vector<HttpConnection> guessing;
  for (int i = 0; i < 2; ++i) {
    guessing.emplace_back(server_->port());
    guessing.back().send(testing::requestText("GET", "/v1/tenants", bearer("skf_guess"), {}));
  }
  // Requests are looked at in the order in which they come: the third finds two held back.
  HttpConnection third(server_->port());
  EXPECT_EQ(third.ask("GET", "/v1/tenants", bearer("skf_guess")).status, 429u);
  EXPECT_EQ(ask("GET", "/v1/tenants", operator_).status, 200u);
  // The end does not wait for them.
  server_->stop();
}

TEST_F(ApiHttp, HasOneTenantNotKeepOthersOut) {
  makeApp("acme", "web");
  makeApp("globex", "web");
  const std::string acme = makeToken("tenant-admin", "acme");
  const std::string globex = makeToken("tenant-admin", "globex");
  std::promise<void> leave;
  std::shared_future<void> left = leave.get_future().share();
  std::atomic<int> entered = 0;
  runtime_.preparing =
      [&, left](const AppSpec& app,
                const VersionSpec&) -> Result<AppRuntime::Prepared, AppRuntime::Refusal> {
    if (app.tenant == "acme") {
      ++entered;
      left.wait();
    }
    return testing::preparedAs("wasi");
  };
  const auto upload = [&](const std::string& tenant, const std::string& token,
                          const std::string& content) {
    return testing::requestText(
        "POST", "/v1/tenants/" + tenant + "/apps/web/versions",
        {{"Authorization", "Bearer " + token}, {"Content-Type", "application/wasm"}}, content);
  };
  std::vector<HttpConnection> waiting;
  for (int i = 0; i < 9; ++i) {
    waiting.emplace_back(server_->port());
    waiting.back().send(upload("acme", acme, "module " + std::to_string(i)));
    while (entered == 0) std::this_thread::yield();
  }
  // One runs and eight wait; whichever comes last is refused.
  std::atomic<bool> refused = false;
  HttpConnection tooMany(server_->port());
  std::thread last([&] {
    tooMany.send(upload("acme", acme, "one more"));
    refused = tooMany.read().status == 429;
  });
  HttpConnection other(server_->port());
  other.send(upload("globex", globex, "module"));
  EXPECT_EQ(other.read().status, 201u);
  EXPECT_EQ(ask("GET", "/v1/tenants", acme).status, 200u);
  EXPECT_EQ(ask("GET", "/healthz", "").status, 200u);
  EXPECT_EQ(entered, 1);
  leave.set_value();
  last.join();
  int done = refused ? 1 : 0;
  for (HttpConnection& connection : waiting) {
    const unsigned status = connection.read().status;
    EXPECT_TRUE(status == 201 || status == 429) << status;
    done += status == 429 ? 1 : 0;
  }
  EXPECT_EQ(done, 1);
}

TEST_F(ApiHttp, AnswersMonitoringWhileEveryChangeWaits) {
  for (const char* tenant : {"a", "b", "c", "d", "e", "f"}) makeApp(tenant, "web");
  std::promise<void> leave;
  std::shared_future<void> left = leave.get_future().share();
  runtime_.applying = [left](const AppRuntime::Change&) -> Result<void, AppRuntime::Refusal> {
    left.wait();
    return {};
  };
  std::vector<HttpConnection> waiting;
  for (const char* tenant : {"a", "b", "c", "d", "e", "f"}) {
    waiting.emplace_back(server_->port());
    waiting.back().send(testing::requestText(
        "PUT", "/v1/tenants/" + std::string(tenant) + "/apps/web",
        {{"Authorization", "Bearer " + operator_}, {"Content-Type", "application/json"}}, "{}"));
  }
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/openapi.json"}) {
    EXPECT_EQ(ask("GET", path, "").status, 200u) << path;
  }
  EXPECT_EQ(ask("GET", "/v1/tenants", "skf_garbage").status, 401u);
  leave.set_value();
  for (HttpConnection& connection : waiting) EXPECT_EQ(connection.read().status, 200u);
}

}  // namespace
}  // namespace skiff
