#include "bench/http_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <stdexcept>

#include "quota/thread_priority.h"

namespace skiff::bench {
namespace {

/// One keep-alive connection: a request at a time.
class Connection {
 public:
  explicit Connection(std::uint16_t port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int yes = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to the server");
    }
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  bool isIdle() const { return !busy_; }
  Clock::time_point due() const { return due_; }

  void ask(const std::string& request, Clock::time_point due) {
    busy_ = true;
    due_ = due;
    input_.clear();
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      throw std::runtime_error("the server closed a connection");
    }
  }
  /// Reads what is there; the status once the answer is complete, else 0.
  int receive() {
    char buffer[16 << 10];
    const ssize_t size = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size == 0) throw std::runtime_error("the server closed a connection");
    if (size < 0) return 0;
    input_.append(buffer, static_cast<std::size_t>(size));
    const std::size_t end = input_.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    const std::size_t length = input_.find("ontent-");
    std::size_t body = 0;
    for (std::size_t at = length; at < end; at = input_.find("ontent-", at + 1)) {
      if (input_.compare(at, 14, "ontent-Length:") == 0 ||
          input_.compare(at, 14, "ontent-length:") == 0) {
        body = std::strtoul(input_.c_str() + at + 14, nullptr, 10);
      }
    }
    if (input_.size() < end + 4 + body) return 0;
    busy_ = false;
    return std::atoi(input_.c_str() + 9);
  }

 private:
  int socket_;
  bool busy_ = false;
  Clock::time_point due_;
  std::string input_;
};

}  // namespace

double LoadReport::quantile(double q) const {
  if (milliseconds.empty()) return 0;
  const auto last = static_cast<double>(milliseconds.size() - 1);
  return milliseconds[static_cast<std::size_t>(q * last + 0.5)];
}

HttpLoad::HttpLoad(LoadSettings settings)
    : settings_(std::move(settings)), thread_([this] { run(); }) {}

HttpLoad::~HttpLoad() {
  if (thread_.joinable()) finish();
}

LoadReport HttpLoad::finish() {
  stop_ = true;
  thread_.join();
  std::sort(report_.milliseconds.begin(), report_.milliseconds.end());
  return std::move(report_);
}

void HttpLoad::run() {
  const bool isOpen = settings_.rate > 0;
  if (settings_.isNoise) {
    lowerPriority(::gettid());
  } else if (isOpen) {
    // What keeps the clock from its processor would count as the server's latency.
    goFirst();
  } else {
    preferShortSlices();
  }
  std::deque<Connection> connections;
  std::vector<pollfd> polls;
  for (std::size_t i = 0; i < settings_.connections; ++i) {
    connections.emplace_back(settings_.port);
    polls.push_back({connections.back().socket(), POLLIN, 0});
  }
  const auto interval = isOpen ? std::chrono::duration_cast<Clock::duration>(
                                     std::chrono::duration<double>(1 / settings_.rate))
                               : Clock::duration::zero();
  const auto begin = Clock::now();
  auto due = begin;
  while (!stop_) {
    auto now = Clock::now();
    for (Connection& connection : connections) {
      if (!connection.isIdle() || (isOpen && due > now)) continue;
      connection.ask(settings_.next(), isOpen ? due : now);
      due += interval;
    }
    const bool idle = std::any_of(connections.begin(), connections.end(),
                                  [](const Connection& c) { return c.isIdle(); });
    timespec time{0, 20'000'000};
    if (isOpen && idle) {
      const auto left =
          std::max<std::int64_t>(0, std::chrono::nanoseconds(due - Clock::now()).count());
      time = {0, std::min<std::int64_t>(left, 20'000'000)};
    }
    if (::ppoll(polls.data(), polls.size(), &time, nullptr) <= 0) continue;
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if ((polls[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      const int status = connections[i].receive();
      if (status == 0) continue;
      now = Clock::now();
      report_.milliseconds.push_back(
          std::chrono::duration<double, std::milli>(now - connections[i].due()).count());
      if (status < 200 || status > 299) ++report_.failures;
    }
  }
  report_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace skiff::bench
