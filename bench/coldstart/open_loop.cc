#include "bench/coldstart/open_loop.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "bench/coldstart/answer.h"

namespace skiff::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::microseconds kSpin{300};

std::int64_t nanoseconds(Clock::duration time) {
  return std::chrono::nanoseconds(time).count();
}

/// One request under way.
class Flight {
 public:
  Flight(std::size_t number, Arrival arrival, Clock::time_point due)
      : number_(number), request_(std::move(arrival.request)), due_(due), begun_(Clock::now()) {
    visit_.late = nanoseconds(begun_ - due_);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(arrival.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int result = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    if (result == 0) {
      send();
    } else if (errno != EINPROGRESS) {
      over_ = true;
    }
  }
  ~Flight() {
    // Its address is free at once: there may be more requests than the system has ports.
    const linger reset{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    ::close(socket_);
  }
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  pollfd poll() const { return {socket_, static_cast<short>(isConnected_ ? POLLIN : POLLOUT), 0}; }
  bool isOver() const { return over_; }
  std::size_t number() const { return number_; }
  const Visit& visit() const { return visit_; }

  void onEvent() {
    if (isConnected_) {
      receive();
    } else {
      send();
    }
  }
  void giveUpLate(Clock::time_point now) {
    if (now - due_ > kPatience) over_ = true;
  }

 private:
  void send() {
    isConnected_ = true;
    connected_ = Clock::now();
    visit_.connect = nanoseconds(connected_ - begun_);
    const ssize_t size = ::send(socket_, request_.data(), request_.size(), MSG_NOSIGNAL);
    over_ = size != static_cast<ssize_t>(request_.size());
  }
  void receive() {
    char buffer[4 << 10];
    const ssize_t size = ::recv(socket_, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EAGAIN) return;
    const auto now = Clock::now();
    if (size <= 0) {
      over_ = true;
      return;
    }
    if (input_.empty()) visit_.firstByte = nanoseconds(now - connected_);
    input_.append(buffer, static_cast<std::size_t>(size));
    const std::optional<Answer> answer = readAnswer(input_);
    if (!answer) return;
    visit_.total = nanoseconds(now - due_);
    visit_.status = answer->status;
    visit_.steps = readServerSteps(answer->serverTiming);
    over_ = true;
  }

  const std::size_t number_;
  const std::string request_;
  const Clock::time_point due_;
  const Clock::time_point begun_;
  Clock::time_point connected_;
  int socket_ = -1;
  bool isConnected_ = false;
  bool over_ = false;
  std::string input_;
  Visit visit_;
};

}  // namespace

std::vector<Visit> runOpenLoop(const OpenLoop& plan) {
  std::vector<Visit> visits(plan.count);
  std::vector<std::unique_ptr<Flight>> flights;
  std::vector<pollfd> polls;
  const auto begin = Clock::now() + std::chrono::milliseconds(10);
  const auto dueAt = [&](std::size_t number) {
    return begin + std::chrono::duration_cast<Clock::duration>(
                       std::chrono::duration<double>(static_cast<double>(number) / plan.rate));
  };
  std::size_t next = 0;
  while (next < plan.count || !flights.empty()) {
    const auto now = Clock::now();
    if (next < plan.count && dueAt(next) <= now) {
      flights.push_back(std::make_unique<Flight>(next, plan.arrival(next), dueAt(next)));
      ++next;
    } else if (flights.empty()) {
      const auto left = dueAt(next) - now;
      if (left > 2 * kSpin) std::this_thread::sleep_for(left - kSpin);
      continue;
    }
    polls.clear();
    for (const auto& flight : flights) polls.push_back(flight->poll());
    ::poll(polls.data(), polls.size(), 0);
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].revents != 0) flights[i]->onEvent();
      flights[i]->giveUpLate(now);
      if (flights[i]->isOver()) visits[flights[i]->number()] = flights[i]->visit();
    }
    std::erase_if(flights, [](const auto& flight) { return flight->isOver(); });
  }
  return visits;
}

}  // namespace skiff::bench
