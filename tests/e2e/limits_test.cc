#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/e2e/daemon.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;

/// One shard, so that what is shared out among shards counts as it is written.
constexpr const char* kOneShard = "shards = 1\n";

/// A request whose guest is known to run and to wait for its body.
class HeldRequest {
 public:
  HeldRequest(const Daemon& daemon, const std::string& host) : client_(daemon.connect()) {
    client_.send("POST / HTTP/1.1\r\nHost: " + host +
                 "\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client_.receive().status, 100);
  }
  Response finish() { return client_.ask("done"); }
  Client& client() { return client_; }

 private:
  Client client_;
};

/// Waits until the request is counted under its reason: that is after it was answered.
bool isCounted(const Daemon& daemon, int status, const std::string& reason) {
  return eventually([&] {
    return daemon.metrics().sum("skiff_requests_total",
                                {{"status", std::to_string(status)}, {"reason", reason}}) >= 1;
  });
}

struct Refusal {
  std::string name;
  std::string request;
  int status;
  std::string reason;
};

ConfigText refusingConfig() {
  ConfigText config;
  config.server =
      "shards = 1\nmax_uri = \"128B\"\nmax_headers = \"2KiB\"\nmax_header_count = 20\n"
      "header_timeout_ms = 200\nbody_timeout_ms = 200\n";
  config.limits = "cpu_ms = 50\nwall_ms = 10000\nrequest_body = \"1KiB\"\n";
  config.apps = {{"spin", "test/spin", {}, {}},
                 {"sleep", "test/sleep", {}, "wall_ms = 200\n"},
                 {"trap", "test/trap", {}, {}},
                 {"recurse", "test/recurse", {}, {}},
                 {"exit", "test/exit", {}, {}},
                 {"bighead", "test/bighead", {}, {}},
                 {"echo", "echo", {}, {}},
                 {"slowread", "test/slowread", {}, {}},
                 {"front", "headers", "origin = \"http://127.0.0.1:1\"\n", {}},
                 {"hello", "hello", {}, {}}};
  return config;
}

TEST(ALimitThatIsExceeded, HasItsStatusItsReasonItsLineInTheLogAndItsCount) {
  const std::string tooMany = [] {
    std::string fields;
    for (int i = 0; i < 30; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
    return fields;
  }();
  const std::vector<Refusal> refusals{
      {"CPU time", request("GET", "spin.test", "/"), 503, "cpu_limit"},
      {"wall time", request("GET", "sleep.test", "/?ms=60000"), 504, "wall_limit"},
      {"a trap", request("GET", "trap.test", "/"), 502, "guest_trap"},
      {"a stack overflow", request("GET", "recurse.test", "/"), 502, "guest_trap"},
      {"an exit", request("GET", "exit.test", "/?code=3"), 502, "guest_exit"},
      {"a huge answer head", request("GET", "bighead.test", "/?bytes=200000"), 502, "bad_response"},
      {"no origin there", request("GET", "front.test", "/"), 502, "origin_error"},
      {"an announced body", request("POST", "echo.test", "/", std::string(1025, 'x')), 413,
       "body_too_large"},
      {"a chunked body",
       "POST /?bytes=65536 HTTP/1.1\r\nHost: slowread.test\r\nTransfer-Encoding: chunked\r\n\r\n"
       "401\r\n" +
           std::string(1025, 'x') + "\r\n0\r\n\r\n",
       413, "body_too_large"},
      {"large header fields",
       request("GET", "hello.test", "/", {}, "X: " + std::string(3000, 'x') + "\r\n"), 431,
       "headers_too_large"},
      {"many header fields", request("GET", "hello.test", "/", {}, tooMany), 431,
       "headers_too_large"},
      {"a long target", request("GET", "hello.test", "/" + std::string(128, 'x')), 414,
       "uri_too_long"},
      {"a request read in two ways",
       "POST / HTTP/1.1\r\nHost: hello.test\r\nContent-Length: 1\r\n"
       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400, "bad_request"},
      {"half a head", "GET / HTTP/1.1\r\nHost: he", 408, "request_timeout"},
      {"half a body", "POST / HTTP/1.1\r\nHost: slowread.test\r\nContent-Length: 10\r\n\r\nhalf",
       408, "request_timeout"},
  };
  Daemon daemon(refusingConfig());
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.name);
    const double before = daemon.metrics().sum(
        "skiff_requests_total",
        {{"status", std::to_string(refusal.status)}, {"reason", refusal.reason}});
    const Response response = daemon.connect().ask(refusal.request);
    EXPECT_EQ(response.status, refusal.status);
    EXPECT_EQ(response.field("skiff-reason"), refusal.reason);
    EXPECT_EQ(response.field("content-type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr("\"reason\":\"" + refusal.reason + "\""));
    const AccessLine line = daemon.accessLineOf(response);
    EXPECT_EQ(line.value("reason"), refusal.reason);
    EXPECT_EQ(line.value("status"), std::to_string(refusal.status));
    EXPECT_EQ(
        daemon.metrics().sum("skiff_requests_total", {{"status", std::to_string(refusal.status)},
                                                      {"reason", refusal.reason}}),
        before + 1);
  }
  // None of it hurt the daemon.
  EXPECT_EQ(daemon.get("hello.test").status, 200);
}

TEST(ALimitThatIsExceeded, LetsTheGuestsThatFollowStartAfresh) {
  ConfigText config = refusingConfig();
  config.apps.push_back({"count", "test/count", {}, {}});
  Daemon daemon(config);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(daemon.get("trap.test").field("skiff-reason"), "guest_trap");
    EXPECT_EQ(daemon.get("spin.test").field("skiff-reason"), "cpu_limit");
    EXPECT_EQ(daemon.get("count.test").body, "memory=1 global=1\n");
  }
}

TEST(TheCpuLimit, EndsAGuestSoonAfterItsTimeIsUsedUp) {
  ConfigText config;
  config.apps = {{"spin", "test/spin", {}, "cpu_ms = 100\n"}};
  Daemon daemon(config);
  daemon.get("spin.test", "/timed");
  const double used = std::stod(daemon.accessLine("\"path\":\"/timed\"").value("cpu_ms"));
  EXPECT_GE(used, 100);
  EXPECT_LT(used, kSanitized ? 300 : 150);
  EXPECT_GE(daemon.metrics().sum("skiff_guest_cpu_seconds_total", {{"app", "spin"}}), 0.1);
}

TEST(TheConcurrencyLimit, RefusesWithRetryAfterWhatIsTooMuchAtOnce) {
  ConfigText config;
  config.server = kOneShard;
  config.apps = {{"echo", "echo", {}, "concurrency = 2\n"}};
  Daemon daemon(config);
  HeldRequest first(daemon, "echo.test");
  HeldRequest second(daemon, "echo.test");
  const Response refused = daemon.get("echo.test", "/third");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.field("skiff-reason"), "concurrency_limit");
  EXPECT_EQ(refused.field("retry-after"), "1");
  EXPECT_EQ(daemon.accessLine("\"path\":\"/third\"").value("reason"), "concurrency_limit");
  EXPECT_TRUE(isCounted(daemon, 429, "concurrency_limit"));
  EXPECT_EQ(first.finish().body, "done");
  EXPECT_EQ(second.finish().body, "done");
  EXPECT_TRUE(eventually([&] { return daemon.get("echo.test").status == 200; }));
}

TEST(TheLimitOfConnectionsPerAddress, TurnsAwayOneTooManyUntilAnotherEnds) {
  ConfigText config;
  config.server = std::string(kOneShard) + "connections_per_address = 3\n";
  config.apps = {{"hello", "hello", {}, {}}};
  Daemon daemon(config);
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(daemon.connect());
    EXPECT_EQ(clients.back().ask(request("GET", "hello.test", "/")).status, 200);
  }
  Client tooMany = daemon.connect();
  const Response refused = tooMany.receive();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("skiff-reason"), "overloaded");
  EXPECT_EQ(refused.field("retry-after"), "1");
  EXPECT_TRUE(tooMany.isClosed());
  EXPECT_TRUE(isCounted(daemon, 503, "overloaded"));
  clients.pop_back();
  EXPECT_TRUE(eventually([&] {
    try {
      return daemon.get("hello.test").status == 200;
    } catch (const ClientError&) {
      return false;
    }
  }));
}

TEST(TheMemoryLimit, MakesTheGuestsOwnGrowthFailExactlyThere) {
  ConfigText config;
  config.limits = "cpu_ms = 5000\n";
  config.apps = {{"grow", "test/grow", {}, "memory = \"2MiB\"\n"},
                 {"large", "test/grow", {}, "memory = \"64MiB\"\n"},
                 {"alloc", "test/alloc", {}, "memory = \"2MiB\"\n"}};
  Daemon daemon(config);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(daemon.get("grow.test").body, "32\n");
    EXPECT_EQ(daemon.get("large.test").body, "1024\n");
    EXPECT_EQ(daemon.get("alloc.test", "/?bytes=100000").body, "ok\n");
    EXPECT_EQ(daemon.get("alloc.test", "/?bytes=4000000").body, "refused\n");
  }
}

TEST(ARequestThatFindsEveryInstanceBusy, WaitsForItsTurn) {
  ConfigText config;
  config.server = kOneShard;
  config.apps = {{"echo", "echo", "max_instances = 1\n", {}}};
  Daemon daemon(config);
  HeldRequest running(daemon, "echo.test");
  std::vector<Client> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(daemon.connect());
    waiting.back().send(request("POST", "echo.test", "/", "waited " + std::to_string(i)));
  }
  EXPECT_EQ(running.finish().body, "done");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(waiting[static_cast<std::size_t>(i)].receive().body, "waited " + std::to_string(i));
  }
  EXPECT_LE(daemon.metrics().sum("skiff_instances", {{"app", "echo"}}), 1);
}

TEST(ARequestThatFindsEveryInstanceBusy, IsRefusedWhenItsTimeIsOver) {
  ConfigText config;
  config.server = kOneShard;
  config.apps = {{"echo", "echo", "max_instances = 1\n", {}, "acme"}};
  config.apps.front().limits = "wall_ms = 1500\n";
  Daemon daemon(config);
  HeldRequest running(daemon, "echo.test");
  const Response response = daemon.get("echo.test", "/late");
  // The running one's time is over first: then the waiting one gets its turn, which may come too
  // late to end in time, or its own is over.
  if (response.status == 504) {
    EXPECT_EQ(response.field("skiff-reason"), "wall_limit");
  } else if (response.status != 200) {
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.field("skiff-reason"), "overloaded");
    EXPECT_EQ(response.field("retry-after"), "1");
  }
  EXPECT_EQ(running.client().receive().field("skiff-reason"), "wall_limit");
}

TEST(AClientThatLeaves, TakesItsGuestWithIt) {
  ConfigText config;
  config.server = kOneShard;
  config.apps = {{"echo", "echo", {}, {}}, {"sleep", "test/sleep", {}, {}}};
  Daemon daemon(config);
  {
    HeldRequest resetting(daemon, "echo.test");
    resetting.client().reset();
    HeldRequest closing(daemon, "echo.test");
    Client sleeping = daemon.connect();
    sleeping.send(request("GET", "sleep.test", "/?ms=25000"));
    EXPECT_TRUE(eventually([&] {
      return daemon.metrics().sum("skiff_instances", {{"app", "sleep"}, {"state", "busy"}}) == 1;
    }));
  }
  EXPECT_TRUE(eventually([&] {
    const MetricsPage page = daemon.metrics();
    return page.sum("skiff_requests_total", {{"reason", "client_gone"}, {"status", "499"}}) == 3 &&
           page.sum("skiff_instances", {{"state", "busy"}}) == 0;
  })) << daemon.admin("/metrics").body;
  EXPECT_EQ(daemon.accessLine("\"reason\":\"client_gone\"").value("status"), "499");
}

}  // namespace
}  // namespace skiff::e2e
