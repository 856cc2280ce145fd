#include "bench/coldstart/open_loop.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace skiff::bench {
namespace {

constexpr std::chrono::milliseconds kStall{100};

/// Answers connections one after the other, and does nothing for a while before one of them.
class SlowServer {
 public:
  SlowServer(std::size_t requests, std::size_t stalled) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1024), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, requests, stalled] {
      for (std::size_t i = 0; i < requests; ++i) answer(i == stalled);
    });
  }
  ~SlowServer() {
    thread_.join();
    ::close(listener_);
  }

  std::uint16_t port = 0;

 private:
  void answer(bool stalls) const {
    const int socket = ::accept(listener_, nullptr, nullptr);
    char buffer[1024];
    EXPECT_GT(::recv(socket, buffer, sizeof buffer, 0), 0);
    if (stalls) std::this_thread::sleep_for(kStall);
    constexpr std::string_view kAnswer =
        "HTTP/1.1 200 OK\r\nServer-Timing: guest;dur=0.001\r\nContent-Length: 2\r\n\r\nok";
    EXPECT_EQ(::send(socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(kAnswer.size()));
    ::recv(socket, buffer, sizeof buffer, 0);  // until the client closes
    ::close(socket);
  }

  int listener_ = -1;
  std::thread thread_;
};

TEST(AnOpenLoop, CountsAStallForAllThatWereDueMeanwhile) {
  constexpr std::size_t kRequests = 100;
  constexpr std::size_t kStalled = 20;
  const SlowServer server(kRequests, kStalled);
  const auto visits = runOpenLoop({1'000, kRequests, [&](std::size_t) {
                                     return Arrival{server.port, "GET / HTTP/1.1\r\n\r\n"};
                                   }});
  ASSERT_EQ(visits.size(), kRequests);
  const std::int64_t stall = std::chrono::nanoseconds(kStall).count();
  for (const Visit& visit : visits) {
    EXPECT_EQ(visit.status, 200);
    EXPECT_EQ(visit.steps[6], 1'000);
    EXPECT_GE(visit.total, visit.firstByte);
  }
  EXPECT_GE(visits[kStalled].total, stall);
  // Each of those after it was due a millisecond later, and waits that much less.
  for (std::size_t i = 1; i < 40; ++i) {
    const auto later = static_cast<std::int64_t>(i) * 1'000'000;
    EXPECT_GE(visits[kStalled + i].total, stall - later - 1'000'000) << i;
  }
}

TEST(AnOpenLoop, TellsOfRequestsThatNobodyAnswered) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  const std::uint16_t refused = ntohs(address.sin_port);  // nobody listens there
  const auto visits = runOpenLoop({1'000, 3, [&](std::size_t) {
                                     return Arrival{refused, "GET / HTTP/1.1\r\n\r\n"};
                                   }});
  ::close(socket);
  for (const Visit& visit : visits) EXPECT_EQ(visit.status, 0);
}

}  // namespace
}  // namespace skiff::bench
