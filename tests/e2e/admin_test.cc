#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(TheAdminListener, TellsEveryMetricWithItsLabels) {
  ConfigText config;
  config.apps = {{"hello", "hello", {}, {}}};
  Daemon daemon(config);
  EXPECT_EQ(daemon.get("hello.test").status, 200);
  EXPECT_EQ(daemon.get("nobody.test").status, 404);
  EXPECT_TRUE(eventually([&] {
    const MetricsPage page = daemon.metrics();
    return page.sum("skiff_requests_total") == 2 && page.has("skiff_instances");
  }));

  const MetricsPage page = daemon.metrics();
  EXPECT_EQ(page.sum("skiff_requests_total",
                     {{"tenant", "acme"}, {"app", "hello"}, {"status", "200"}, {"reason", ""}}),
            1);
  EXPECT_EQ(page.sum("skiff_requests_total", {{"status", "404"}, {"reason", "no_route"}}), 1);
  struct Family {
    const char* name;
    std::vector<std::string> labels;
  };
  const std::vector<Family> families{
      {"skiff_requests_total", {"tenant", "app", "status", "reason"}},
      {"skiff_request_duration_seconds_count", {"tenant", "app"}},
      {"skiff_request_duration_seconds_bucket", {"tenant", "app", "le"}},
      {"skiff_guest_cpu_seconds_total", {"tenant", "app"}},
      {"skiff_cold_starts_total", {"tenant", "app"}},
      {"skiff_cold_start_seconds_count", {"phase"}},
      {"skiff_instances", {"tenant", "app", "state"}},
      {"skiff_isolates", {}},
      {"skiff_instance_resets_total", {"how"}},
      {"skiff_memory_bytes", {"tenant"}},
      {"skiff_connections", {"state"}},
      {"process_cpu_seconds_total", {}},
      {"process_resident_memory_bytes", {}},
      {"process_open_fds", {}},
      {"process_max_fds", {}},
      {"process_start_time_seconds", {}},
  };
  for (const Family& family : families) {
    EXPECT_TRUE(page.hasLabelNames(family.name, family.labels)) << family.name;
  }
  for (const char* phase : {"isolate", "module", "instantiate", "init", "total"}) {
    EXPECT_TRUE(page.has("skiff_cold_start_seconds_count", {{"phase", phase}})) << phase;
  }
  EXPECT_GT(page.sum("skiff_guest_cpu_seconds_total", {{"app", "hello"}}), 0);
  EXPECT_GT(page.sum("skiff_memory_bytes", {{"tenant", "acme"}}), 0);
  EXPECT_GT(page.sum("process_resident_memory_bytes"), 1e6);
}

TEST(TheAdminListener, SaysThatTheDaemonIsAliveAndReady) {
  ConfigText config;
  config.apps = {{"hello", "hello", {}, {}}};
  Daemon daemon(config);
  EXPECT_EQ(daemon.admin("/healthz").status, 200);
  EXPECT_THAT(daemon.admin("/healthz").body, HasSubstr("\"engine\":\"V8 "));
  EXPECT_EQ(daemon.admin("/readyz").status, 200);
  EXPECT_EQ(daemon.admin("/metrics").field("content-type"),
            "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(daemon.admin("/elsewhere").status, 404);
}

TEST(TheAdminListener, IsNotReachedFromTheAppsSide) {
  ConfigText config;
  config.apps = {{"hello", "hello", {}, {}}};
  Daemon daemon(config);
  EXPECT_EQ(daemon.get("127.0.0.1", "/metrics").status, 404);
}

}  // namespace
}  // namespace skiff::e2e
