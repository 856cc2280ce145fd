#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/admin_api.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;

class Deploying : public ::testing::Test {
 protected:
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
}

TEST_F(Deploying, TakesAnAppAwayWithItsRoutes) {
  api_.serve("acme", "web", "hello");
  ASSERT_EQ(api_.remove(appPath("acme/web")).status, 204);
  EXPECT_EQ(daemon_.get("web.test").field("skiff-reason"), "no_route");
}

}  // namespace
}  // namespace skiff::e2e
