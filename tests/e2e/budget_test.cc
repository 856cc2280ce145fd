#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/e2e/daemon.h"

/// What the engine would end the process for, run into by the daemon as it is deployed.
namespace skiff::e2e {
namespace {

/// As many descriptors as this process, and the daemon that it starts, may have.
rlim_t raiseDescriptorLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

/// Requests that are answered when their body has come, until one is refused.
struct Crowd {
  std::vector<Client> clients;
  Response refused;

  Crowd(const Daemon& daemon, const std::string& host, std::size_t most) {
    while (clients.size() < most && refused.status == 0) {
      Client client = daemon.connect();
      client.send("POST / HTTP/1.1\r\nHost: " + host +
                  "\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
      Response response = client.receive();
      if (response.status == 100) {
        clients.push_back(std::move(client));
      } else {
        refused = std::move(response);
      }
    }
  }
};

TEST(SuspendedGuests, AreRefusedBeforeTheEngineHasNoRoomForThem) {
  constexpr std::size_t kMost = 16'000;
  const rlim_t descriptors = raiseDescriptorLimit();
  ConfigText config;
  config.server = "shards = 1\naccess_log = \"off\"\nconnections_per_address = 20000\n";
  config.limits =
      "concurrency = 100000\nmemory_total = \"64GiB\"\nheap = \"1GiB\"\nwall_ms = 600000\n"
      "queue_ms = 0\n";
  config.apps = {{"echo", "echo", "max_instances = 20000\n", {}}};
  Daemon daemon(config);
  {
    Crowd crowd(daemon, "echo.test", std::min<std::size_t>(kMost, descriptors - 200));
    if (crowd.refused.status == 0 && crowd.clients.size() < kMost) {
      GTEST_SKIP() << "vm.max_map_count allows more instances than there may be descriptors";
    }
    EXPECT_EQ(crowd.refused.status, 503);
    EXPECT_EQ(crowd.refused.field("skiff-reason"), "overloaded");
    EXPECT_GT(crowd.clients.size(), 60U);
    for (std::size_t i = 0; i < 50; ++i) {
      EXPECT_EQ(crowd.clients[i].ask("done").body, "done");
      EXPECT_EQ(daemon.connect().ask(request("POST", "echo.test", "/", "next")).body, "next");
    }
  }
  EXPECT_TRUE(eventually(
      [&] { return daemon.connect().ask(request("POST", "echo.test", "/", "on")).body == "on"; }));
  EXPECT_EQ(daemon.terminate(), (Ending{0, 0}));
}

}  // namespace
}  // namespace skiff::e2e
