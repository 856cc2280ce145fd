// As systemd starts it: told of its readiness and life, and given its sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "tests/e2e/daemon.h"
#include "tests/e2e/service_manager.h"

namespace skiff::e2e {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHello = "Hello from wasm";

ConfigText helloConfig(const std::string& server = {}) {
  ConfigText config;
  config.server = server;
  config.apps = {{"hello", "hello_wat", {}, {}}};
  return config;
}

/// A listening TCP socket on a free port of 127.0.0.1, as a socket unit opens it.
class UnitSocket {
 public:
  UnitSocket() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(socket_, 64) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no socket");
    }
    port_ = ntohs(address.sin_port);
  }
  ~UnitSocket() { ::close(socket_); }
  int descriptor() const { return socket_; }
  std::uint16_t port() const { return port_; }
  std::string text() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

TEST(AServiceManager, IsToldOfReadinessAndOfTheEnd) {
  ServiceManager manager;
  Daemon daemon(helloConfig("drain_timeout_ms = 5000\n"), manager.options());
  EXPECT_EQ(manager.next(), "READY=1\nSTATUS=ready");
  daemon.process().signal(SIGTERM);
  EXPECT_EQ(manager.next(), "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=20000000");
  EXPECT_EQ(daemon.process().wait(), (Ending{0, 0}));
}

TEST(AServiceManager, IsToldWhichProcessIsTheMainOneAfterARestart) {
  ServiceManager manager;
  Daemon daemon(helloConfig(), manager.options());
  EXPECT_THAT(manager.next(), HasSubstr("READY=1"));
  EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
  const std::vector<std::string> told{manager.next(), manager.next()};
  EXPECT_THAT(told,
              ::testing::UnorderedElementsAre("READY=1\nSTATUS=ready",
                                              "MAINPID=" + std::to_string(daemon.process().id())));
  // The old one says nothing of its end: the service goes on.
  EXPECT_EQ(manager.next(std::chrono::milliseconds(0)), "");
}

TEST(AServiceManager, IsToldThatTheDaemonLivesAsOftenAsItWantsToKnow) {
  ServiceManager manager;
  Daemon daemon(helloConfig(), manager.options({"WATCHDOG_USEC=2000000"}));
  EXPECT_THAT(manager.next(), HasSubstr("READY=1"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(manager.next(), "WATCHDOG=1");
  EXPECT_EQ(daemon.handOver(), (Ending{0, 0}));
  bool fromTheNew = false;
  for (int i = 0; i < 6; ++i) fromTheNew |= manager.next() == "WATCHDOG=1";
  EXPECT_TRUE(fromTheNew);
}

TEST(ASocketUnit, GivesTheDaemonItsSocketsAndKeepsThemOpen) {
  const UnitSocket http;
  const UnitSocket admin;
  const std::string config = "[server]\nshards = 3\nlisten = [\"" + http.text() +
                             "\"]\n[admin]\nlisten = \"" + admin.text() +
                             "\"\n[[tenant]]\nname = \"acme\"\n[[tenant.app]]\nname = \"hello\"\n"
                             "module = \"" +
                             guestFile("hello_wat") + "\"\nroutes = [\"hello.test/*\"]\n";
  const TemporaryFolder folder;
  std::ofstream(folder / "skiff.toml") << config;
  const ProcessOptions options{STDIN_FILENO, {}, {http.descriptor(), admin.descriptor()}};
  // Who connects before anybody runs waits, and is answered.
  Client early(http.port());
  early.send(request("GET", "hello.test", "/"));
  for (int round = 0; round < 2; ++round) {
    Process process(SKIFFD, {"--config", folder / "skiff.toml"}, options);
    ASSERT_NE(process.waitForLine(Process::Stream::error, "ready: "), "")
        << process.text(Process::Stream::error);
    if (round == 0) {
      EXPECT_EQ(early.receive().body, kHello);
    }
    for (int i = 0; i < 20; ++i) EXPECT_EQ(get(http.port(), "hello.test").body, kHello);
    EXPECT_TRUE(
        eventually([&] { return get(admin.port(), "127.0.0.1", "/readyz").status == 200; }));
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait(), (Ending{0, 0}));
    // Nobody is refused in between.
    EXPECT_NO_THROW(Client between(http.port()));
  }
}

TEST(ASocketUnit, WhoseAddressIsNotInTheConfigurationIsToldOf) {
  const UnitSocket stray;
  Daemon daemon(helloConfig(), ProcessOptions{STDIN_FILENO, {}, {stray.descriptor()}});
  EXPECT_THAT(daemon.process().waitForLine(Process::Stream::error, stray.text()),
              HasSubstr("is not used: it is in no listen or listen_tls"));
  EXPECT_EQ(daemon.get("hello.test").body, kHello);
}

}  // namespace
}  // namespace skiff::e2e
