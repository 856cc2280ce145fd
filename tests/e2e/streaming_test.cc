#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "tests/e2e/daemon.h"
#include "tests/e2e/load.h"
#include "tests/server/origin/scripted_origin.h"

namespace skiff::e2e {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kMostGrowth = 16 * kMiB;

ConfigText echoConfig(const std::string& server, const std::string& keys = {}) {
  ConfigText config;
  config.server = server;
  config.limits = "cpu_ms = 300000\nwall_ms = 600000\nrequest_body = \"4GiB\"\n";
  config.apps = {{"echo", "echo", keys, {}}, {"hello", "hello_wat", {}, {}}};
  return config;
}

TEST(ALargeBody, IsEchoedWithoutBeingHeldInMemory) {
  const std::uint64_t bytes = std::getenv("SKIFF_E2E_LARGE") ? 1024 * kMiB : 64 * kMiB;
  Daemon daemon(echoConfig({}));
  ASSERT_EQ(streamEcho(daemon.port(), "echo.test", 8 * kMiB).error, "");
  const std::size_t before = daemon.process().readings().residentBytes;
  std::size_t most = before;
  std::uint64_t nextReading = 0;
  const EchoResult result =
      streamEcho(daemon.port(), "echo.test", bytes, [&](std::uint64_t received) {
        if (received < nextReading) return;
        nextReading = received + 4 * kMiB;
        most = std::max(most, daemon.process().readings().residentBytes);
      });
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.received, bytes);
  std::printf("%llu MiB echoed; resident memory grew by %.1f MiB\n",
              static_cast<unsigned long long>(bytes / kMiB),
              static_cast<double>(most - before) / kMiB);
  if (!kSanitized) {
    EXPECT_LT(most - before, kMostGrowth);
  }
}

/// A connected socket that takes little at a time.
int connectNarrow(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int small = 4096;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(port);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&server), sizeof server) != 0) return -1;
  return socket;
}

TEST(AClientThatReadsAByteASecond, HoldsUpNobodyAndIsNotReadAhead) {
  Daemon daemon(echoConfig("shards = 1\n"));
  const std::size_t before = daemon.process().readings().residentBytes;
  const int socket = connectNarrow(daemon.port());
  ASSERT_GE(socket, 0);
  Peer slow(socket);
  slow.send("POST / HTTP/1.1\r\nHost: echo.test\r\nContent-Length: 1073741824\r\n\r\n");
  const std::string plenty(64 * kMiB, 's');
  const std::size_t taken = slow.sendUntilStalled(plenty);
  EXPECT_LT(taken, plenty.size()) << "the guest should wait for its client";

  std::string received;
  for (int second = 0; second < 4; ++second) {
    char byte = 0;
    ASSERT_EQ(::recv(socket, &byte, 1, 0), 1);
    received += byte;
    LoadPlan others;
    others.port = daemon.port();
    others.connections = 4;
    others.duration = std::chrono::seconds(1);
    others.next = [](std::mt19937&) {
      return ExpectedExchange{
          "hello", request("GET", "hello.test", "/"), 200, "Hello from wasm", {}};
    };
    const LoadResult result = runLoad(others);
    EXPECT_EQ(result.failures, 0u);
    EXPECT_GT(result.requests, 20u);
    EXPECT_LT(result.slowest, std::chrono::seconds(kSanitized ? 4 : 1));
  }
  EXPECT_EQ(received, "HTTP");
  if (!kSanitized) {
    EXPECT_LT(daemon.process().readings().residentBytes, before + kMostGrowth);
  }
}

TEST(AGuestWhoseAnswerIsOver, IsNotLeftToHoldUpItsShard) {
  ConfigText config;
  config.server = "shards = 1\naccess_log = \"off\"\n";
  config.limits = "cpu_ms = 300000\nwall_ms = 600000\nresponse_body = \"4KiB\"\n";
  config.apps = {{"misbehave", "hostile/misbehave", {}, {}}, {"hello", "hello_wat", {}, {}}};
  Daemon daemon(config);
  const int socket = connectNarrow(daemon.port());
  ASSERT_GE(socket, 0);
  Peer slow(socket);
  // Each writes more than it may, is answered for it, and writes on. The last one's answer waits
  // for the client.
  std::string many;
  for (int i = 0; i < 400'000; ++i) many += request("GET", "misbehave.test", "/response");
  std::string_view rest = many;
  double answered = -1;
  ASSERT_TRUE(eventually([&] {
    rest.remove_prefix(slow.sendUntilStalled(rest));
    const double now = daemon.metrics().sum("skiff_requests_total", {{"app", "misbehave"}});
    return std::exchange(answered, now) == now;
  }));
  ASSERT_FALSE(rest.empty());

  Client spinner = daemon.connect();
  spinner.send(request("GET", "misbehave.test", "/spin"));
  ASSERT_TRUE(eventually([&] { return daemon.metrics().sum("skiff_handoffs_total") >= 1; }));
  std::thread reader([&] {
    std::array<char, 16 << 10> part;
    while (::recv(socket, part.data(), part.size(), 0) > 0) {
    }
  });
  const auto answers = [&] {
    try {
      return daemon.get("hello.test").status == 200;
    } catch (const ClientError&) {
      return false;
    }
  };
  EXPECT_TRUE(eventually([&] {
    return daemon.metrics().sum("skiff_requests_total", {{"app", "misbehave"}}) > answered ||
           !answers();
  }));
  EXPECT_TRUE(answers());
  ::shutdown(socket, SHUT_RDWR);
  reader.join();
}

/// Room for the descriptors of many clients.
void raiseDescriptorLimit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(FiveHundredSuspendedRequests, ShareOneIsolateAndAllFinish) {
  constexpr std::size_t kRequests = 500;
  raiseDescriptorLimit();
  // Without a nursery, the isolates are those of the apps.
  Daemon daemon(echoConfig("shards = 1\nnursery = 0\naccess_log = \"off\"\n",
                           "max_instances = 1000\nmin_instances = 1\n"));
  const auto busy = [&] {
    return daemon.metrics().sum("skiff_instances", {{"app", "echo"}, {"state", "busy"}});
  };
  EXPECT_EQ(daemon.metrics().sum("skiff_isolates"), 1);

  std::vector<Client> clients;
  for (std::size_t i = 0; i < kRequests; ++i) {
    clients.push_back(daemon.connect());
    clients.back().send(
        "POST / HTTP/1.1\r\nHost: echo.test\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n");
  }
  for (Client& client : clients) ASSERT_EQ(client.receive().status, 100);
  EXPECT_TRUE(eventually([&] { return busy() == kRequests; })) << busy();
  EXPECT_EQ(daemon.metrics().sum("skiff_isolates"), 1);
  EXPECT_EQ(daemon.get("hello.test").body, "Hello from wasm");

  // Half of each, then the rest in the opposite order.
  const auto bodyOf = [](std::size_t i) { return std::to_string(10'000'000 + i); };
  for (std::size_t i = 0; i < kRequests; ++i) clients[i].send(bodyOf(i).substr(0, 4));
  for (std::size_t i = kRequests; i-- > 0;) clients[i].send(bodyOf(i).substr(4));
  for (std::size_t i = 0; i < kRequests; ++i) {
    const Response response = clients[i].receive();
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(response.body, bodyOf(i));
  }
  EXPECT_TRUE(eventually([&] { return busy() == 0; }));
}

}  // namespace
}  // namespace skiff::e2e
