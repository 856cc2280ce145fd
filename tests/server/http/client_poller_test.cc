#include "server/http/client_poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace skiff {
namespace {

using ::testing::ElementsAre;

/// One end of a pair, polled; the other sends to it.
class Pair final : public PolledClient {
 public:
  explicit Pair(ClientPoller& poller) : poller_(poller) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_), 0);
    EXPECT_TRUE(poller_.add(ends_[0], *this));
  }
  ~Pair() {
    if (ends_[0] >= 0) leave();
    ::close(ends_[1]);
  }
  void send() { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void leave() {
    poller_.remove(ends_[0], *this);
    ::close(std::exchange(ends_[0], -1));
  }
  void hangUp() { ::shutdown(ends_[1], SHUT_WR); }
  void onSocketEvents(std::uint32_t events) override {
    told.push_back(events);
    if (then) then();
  }

  std::vector<std::uint32_t> told;
  std::function<void()> then;
  int ends_[2];

 private:
  ClientPoller& poller_;
};

class TheClientPoller : public ::testing::Test {
 protected:
  /// Everything that is due.
  void run() {
    context.restart();
    while (context.poll() != 0) {
    }
  }
  boost::asio::io_context context{2};
  ClientPoller poller{context};
};

TEST_F(TheClientPoller, TellsOfEachArrivalOnce) {
  Pair client(poller);
  run();
  EXPECT_TRUE(client.told.empty());
  client.send();
  run();
  EXPECT_THAT(client.told, ElementsAre(EPOLLIN));
  run();
  EXPECT_EQ(client.told.size(), 1u) << "nobody has read it, but nothing is new";
  client.send();
  run();
  EXPECT_EQ(client.told.size(), 2u);
}

TEST_F(TheClientPoller, TellsOfTheClientsEnd) {
  Pair client(poller);
  client.hangUp();
  run();
  ASSERT_EQ(client.told.size(), 1u);
  EXPECT_NE(client.told[0] & EPOLLRDHUP, 0u);
}

TEST_F(TheClientPoller, TellsOfRoomOnceItIsAsked) {
  Pair client(poller);
  const std::vector<char> much(1 << 20);
  while (::write(client.ends_[0], much.data(), much.size()) > 0) {
  }
  poller.awaitRoom(client.ends_[0], client);
  run();
  EXPECT_TRUE(client.told.empty());
  std::vector<char> taken(1 << 20);
  while (::recv(client.ends_[1], taken.data(), taken.size(), MSG_DONTWAIT) > 0) {
  }
  run();
  EXPECT_THAT(client.told, ElementsAre(EPOLLOUT));
}

TEST_F(TheClientPoller, TellsTheRestOfABatchAfterAnException) {
  std::vector<std::unique_ptr<Pair>> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<Pair>(poller));
    clients.back()->then = [] { throw 1; };
    clients.back()->send();
  }
  int thrown = 0;
  for (int i = 0; i < 20; ++i) {
    try {
      run();
    } catch (int) {
      ++thrown;
      boost::asio::post(context, [this] { poller.resume(); });
    }
  }
  EXPECT_EQ(thrown, 5);
  for (const auto& client : clients) EXPECT_EQ(client->told.size(), 1u);
  clients[0]->then = {};
  clients[0]->send();
  run();
  EXPECT_EQ(clients[0]->told.size(), 2u) << "and waits for the next";
}

TEST_F(TheClientPoller, TellsNothingToAClientThatAnotherHasRemoved) {
  std::vector<std::unique_ptr<Pair>> clients;
  int told = 0;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Pair>(poller));
    clients.back()->send();
    clients.back()->then = [&, i] {
      ++told;
      for (std::size_t other = 0; other < clients.size(); ++other) {
        if (other != static_cast<std::size_t>(i)) clients[other].reset();
      }
    };
  }
  run();
  EXPECT_EQ(told, 1);
}

TEST_F(TheClientPoller, TellsNothingOfASocketThatIsClosedHereAndOpenElsewhere) {
  Pair client(poller);
  // As a process has it that is being started.
  const int copy = ::dup(client.ends_[0]);
  client.leave();
  client.send();
  client.hangUp();
  run();
  EXPECT_TRUE(client.told.empty());
  ::close(copy);
}

TEST_F(TheClientPoller, LetsTheLoopGetItsTurnWithinABatch) {
  std::vector<std::unique_ptr<Pair>> clients;
  std::vector<int> order;
  const auto busy = [] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
    while (std::chrono::steady_clock::now() < end) {
    }
  };
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<Pair>(poller));
    clients.back()->then = [&] {
      if (order.empty()) boost::asio::post(context, [&] { order.push_back(0); });
      order.push_back(1);
      busy();
    };
    clients.back()->send();
  }
  run();
  EXPECT_THAT(order, ElementsAre(1, 0, 1));
}

TEST_F(TheClientPoller, LetsTheLoopEndOnceItIsStopped) {
  Pair client(poller);
  boost::asio::post(context, [this] { poller.stop(); });
  context.run();
  client.send();
  run();
  EXPECT_TRUE(client.told.empty());
}

}  // namespace
}  // namespace skiff
