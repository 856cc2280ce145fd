#include "server/admin/admin_routes.h"

#include <boost/json.hpp>

namespace skiff {
namespace {

namespace json = boost::json;

AdminHooks readyHooks() {
  return {.metrics = [] { return std::string("skiff_isolates 3\n"); },
          .notReady = [] { return std::vector<std::string>(); },
          .engine = "V8 14.6"};
}

AdminAnswer get(const AdminHooks& hooks, std::string_view target) {
  return answerAdminRequest(hooks, {.method = "GET", .target = target, .host = "127.0.0.1:9090"});
}

TEST(AdminRoutes, ServeTheMetricsTextAsPrometheusExpectsIt) {
  const AdminAnswer answer = get(readyHooks(), "/metrics");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.contentType, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answer.body, "skiff_isolates 3\n");
}

TEST(AdminRoutes, SayWhichVersionAndEngineAreAlive) {
  const AdminAnswer answer = get(readyHooks(), "/healthz");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.contentType, "application/json");
  const json::value body = json::parse(answer.body);
  EXPECT_EQ(body.at("status"), "ok");
  EXPECT_EQ(body.at("version"), SKIFF_VERSION);
  EXPECT_EQ(body.at("engine"), "V8 14.6");
}

TEST(AdminRoutes, AreReadyWhenNothingIsMissing) {
  const AdminAnswer answer = get(readyHooks(), "/readyz");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(json::parse(answer.body).at("status"), "ready");
}

TEST(AdminRoutes, ListWhatIsNotReadyAndStayAliveMeanwhile) {
  AdminHooks hooks = readyHooks();
  hooks.notReady = [] { return std::vector<std::string>{"acme/hello: \"preparing\"", "globex/x"}; };
  const AdminAnswer answer = get(hooks, "/readyz");
  EXPECT_EQ(answer.status, 503u);
  EXPECT_EQ(json::parse(answer.body).at("not_ready"),
            json::array({"acme/hello: \"preparing\"", "globex/x"}));
  EXPECT_EQ(get(hooks, "/healthz").status, 200u);
}

TEST(AdminRoutes, IgnoreTheQuery) {
  EXPECT_EQ(get(readyHooks(), "/metrics?collect[]=process").status, 200u);
}

TEST(AdminRoutes, AnswerAnUnknownPathWithAProblemDocument) {
  for (const std::string_view target : {"/", "", "/metrics/", "/Metrics", "*", "//metrics"}) {
    const AdminAnswer answer = get(readyHooks(), target);
    EXPECT_EQ(answer.status, 404u) << target;
    EXPECT_EQ(answer.contentType, "application/problem+json") << target;
    EXPECT_EQ(json::parse(answer.body).at("status"), 404) << target;
  }
}

TEST(AdminRoutes, RefuseToBeChanged) {
  for (const std::string_view method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"}) {
    const AdminAnswer answer = answerAdminRequest(
        readyHooks(), {.method = method, .target = "/metrics", .host = "localhost"});
    EXPECT_EQ(answer.status, 405u) << method;
    EXPECT_EQ(answer.allow, "GET, HEAD") << method;
  }
}

struct HostCase {
  std::string_view host;
  unsigned status;
};

class AdminHost : public testing::TestWithParam<HostCase> {};

TEST_P(AdminHost, MustBeAnAddressOrLocalhost) {
  const AdminAnswer answer = answerAdminRequest(
      readyHooks(), {.method = "GET", .target = "/healthz", .host = GetParam().host});
  EXPECT_EQ(answer.status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Hosts, AdminHost,
    testing::Values(HostCase{"", 200}, HostCase{"127.0.0.1", 200}, HostCase{"127.0.0.1:9090", 200},
                    HostCase{"localhost", 200}, HostCase{"localhost:9090", 200},
                    HostCase{"[::1]", 200}, HostCase{"[::1]:9090", 200},
                    HostCase{"rebound.example", 421}, HostCase{"rebound.example:9090", 421},
                    HostCase{"127.0.0.1.rebound.example", 421},
                    HostCase{"localhost.rebound.example", 421}, HostCase{"[::1", 421},
                    HostCase{"[", 421}, HostCase{":9090", 421}, HostCase{"[]", 421}));

}  // namespace
}  // namespace skiff
