// A wall clock that jumps: what follows it, and what must not notice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "tests/e2e/admin_api.h"
#include "tests/faults/faults.h"

namespace skiff::faults {
namespace {

using e2e::AdminApi;
using e2e::ApiReply;
using e2e::Client;
using e2e::ConfigText;
using e2e::Daemon;
using e2e::eventually;
using e2e::request;
using e2e::Response;

constexpr int kBurst = 20;
constexpr std::chrono::hours kDay{24};
constexpr std::chrono::hours kYear{365 * 24};

std::time_t timeOf(const std::string& date) {
  std::tm parts{};
  if (::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return -1;
  return ::timegm(&parts);
}

class AWallClock : public ::testing::Test {
 protected:
  AWallClock() { api_.serve("acme", "web", "hello_wat"); }
  static ConfigText config() {
    ConfigText config;
    config.server = "shards = 1\n";
    config.limits = "wall_ms = 20000\n";
    config.apps = {{"limited",
                    "hello_wat",
                    {},
                    "rate = 1\nrate_burst = " + std::to_string(kBurst) + "\n",
                    "globex"}};
    return config;
  }
  /// Of an answer, in hours after the clock of this test.
  double hoursAhead(const Response& response) const {
    return std::difftime(timeOf(response.field("date")), std::time(nullptr)) / 3600;
  }

  Faults faults_;
  Daemon daemon_{config(), faults_.options()};
  AdminApi api_{daemon_};
};

TEST_F(AWallClock, IsFollowedByTheDateOfAnswersBothWays) {
  Client client = daemon_.connect();
  double ahead = 0;
  for (const std::chrono::hours by : {kDay, kYear, -2 * kYear, kYear - kDay}) {
    faults_.jumpClock(by);
    ahead += static_cast<double>(by.count());
    const Response response = client.ask(request("GET", "web.test", "/"));
    EXPECT_EQ(response.body, kHello) << "and the connection is kept";
    EXPECT_NEAR(hoursAhead(response), ahead, 0.1);
  }
  EXPECT_EQ(daemon_.admin("/readyz").status, 200);
}

TEST_F(AWallClock, GivesNobodyMoreRequestsThanItsRate) {
  const auto ask = [&] { return daemon_.get("limited.test").status; };
  ASSERT_TRUE(eventually([&] { return ask() == 429; })) << "the bucket is empty";
  faults_.jumpClock(kYear);
  int refused = 0;
  for (int i = 0; i < kBurst; ++i) refused += ask() == 429 ? 1 : 0;
  EXPECT_GT(refused, 0) << "a year by the wall clock fills no bucket";
  faults_.jumpClock(-2 * kYear);
  EXPECT_TRUE(eventually([&] { return ask() == 200; })) << "and empties none for a year";
}

TEST_F(AWallClock, EndsTokensWhoseTimeHasComeByIt) {
  const ApiReply made = api_.post("/v1/tokens", R"({"scope":"operator","expires_in_s":3600})");
  ASSERT_EQ(made.status, 201) << made.text;
  const AdminApi other(daemon_, made.word("token"));
  EXPECT_EQ(other.get("/v1/tenants").status, 200);
  faults_.jumpClock(kDay);
  EXPECT_EQ(other.get("/v1/tenants").status, 401);
  EXPECT_EQ(api_.get("/v1/tenants").status, 200) << "one without an end goes on";
}

TEST_F(AWallClock, LeavesTheAuditLogInTheOrderOfChanges) {
  EXPECT_EQ(api_.put("/v1/tenants/first", "{}").status, 201);
  faults_.jumpClock(-30 * kDay);
  EXPECT_EQ(api_.put("/v1/tenants/second", "{}").status, 201);
  faults_.jumpClock(60 * kDay);
  EXPECT_EQ(api_.put("/v1/tenants/third", "{}").status, 201);
  const std::string audit = api_.get("/v1/audit").text;
  const std::size_t third = audit.find("\"third\"");
  const std::size_t second = audit.find("\"second\"");
  const std::size_t first = audit.find("\"first\"");
  ASSERT_NE(first, audit.npos) << audit;
  EXPECT_LT(third, second);
  EXPECT_LT(second, first);
  daemon_.restart();
  EXPECT_EQ(api_.get("/v1/audit").text, audit);
}

}  // namespace
}  // namespace skiff::faults
