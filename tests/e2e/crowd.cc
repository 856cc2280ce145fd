#include "tests/e2e/crowd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

namespace skiff::e2e {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPerSource = 2'000;
/// Connections that are being opened at a time: fewer than the server's queue takes.
constexpr std::size_t kOpening = 200;

struct Member {
  int socket = -1;
  bool isSlow = false;
  bool isOpening = false;
  bool isThere = false;  ///< open, and if idle, answered
  Clock::time_point begun;
  Clock::time_point next;  ///< a slow one's next byte
  std::size_t sent = 0;
  std::string received;
};

std::size_t millisecondsSince(Clock::time_point begin) {
  return static_cast<std::size_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count());
}

class Crowd {
 public:
  explicit Crowd(const CrowdPlan& plan)
      : plan_(plan), members_(plan.idle + plan.slow), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = plan.idle; i < members_.size(); ++i) members_[i].isSlow = true;
    request_ = "GET / HTTP/1.1\r\nHost: " + plan.host + "\r\n\r\n";
  }

  int run() {
    const auto stride = plan_.pause / std::max<std::size_t>(plan_.slow, 1);
    while (!isOver()) {
      openMore();
      if (!failure_.empty()) {
        std::fprintf(stderr, "%s\n", failure_.c_str());
        return 1;
      }
      const auto now = Clock::now();
      for (Member& member : members_) {
        if (member.isSlow && member.isThere && member.next <= now) sendByte(member);
      }
      takeEvents(std::clamp<std::chrono::milliseconds>(
          std::chrono::duration_cast<std::chrono::milliseconds>(stride),
          std::chrono::milliseconds(1), std::chrono::milliseconds(20)));
    }
    // What the server has closed by now counts.
    while (takeEvents(std::chrono::milliseconds(0)) != 0) {
    }
    std::printf("%s\n", report_.text().c_str());
    return 0;
  }

 private:
  bool isOver() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return ::poll(&input, 1, 0) > 0;
  }

  void openMore() {
    std::size_t there = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      Member& member = members_[i];
      there += member.isThere || member.begun != Clock::time_point();
      if (member.socket >= 0 || (!member.isSlow && member.begun != Clock::time_point())) continue;
      if (opening_ >= kOpening) break;
      open(i);
      if (!failure_.empty()) return;
    }
    if (failure_.empty() && !said_ && opening_ == 0 && there == members_.size()) {
      said_ = true;
      std::printf("there\n");
      std::fflush(stdout);
    }
  }

  void open(std::size_t index) {
    Member& member = members_[index];
    member = Member{};
    member.isSlow = index >= plan_.idle;
    member.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (member.socket < 0) return fail("socket");
    sockaddr_in from{};
    from.sin_family = AF_INET;
    const auto source = static_cast<std::uint32_t>(plan_.firstSource + index / kPerSource);
    from.sin_addr.s_addr = htonl(0x7f000001U + (source << 8));
    const int on = 1;
    // The port is chosen when both ends are known: each source has all of them.
    ::setsockopt(member.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(member.socket, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) {
      return fail("bind");
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(plan_.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(member.socket, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 &&
        errno != EINPROGRESS) {
      return fail("connect");
    }
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, member.socket, &event);
    member.isOpening = true;
    ++opening_;
  }

  void fail(const char* what) { failure_ = std::string(what) + ": " + std::strerror(errno); }

  int takeEvents(std::chrono::milliseconds most) {
    std::array<epoll_event, 512> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                   static_cast<int>(most.count()));
    for (int i = 0; i < count; ++i) {
      const std::size_t index = events[static_cast<std::size_t>(i)].data.u64;
      Member& member = members_[index];
      if (member.isOpening && member.begun == Clock::time_point()) {
        connected(member, index);
      } else {
        receive(member);
      }
    }
    return count;
  }

  void connected(Member& member, std::size_t index) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(member.socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      errno = error;
      return fail("connect");
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, member.socket, &event);
    member.begun = Clock::now();
    if (member.isSlow) {
      opened(member);
      // Each in its own time, not with those that were opened together.
      constexpr std::size_t kParts = 997;
      member.next = member.begun + plan_.pause * (index % kParts) / kParts;
    } else if (::send(member.socket, request_.data(), request_.size(), MSG_NOSIGNAL) < 0) {
      fail("send");
    }
  }

  void opened(Member& member) {
    member.isThere = true;
    member.isOpening = false;
    --opening_;
  }

  /// Of a head that never ends: its first lines, then one letter after the other.
  void sendByte(Member& member) {
    const std::string_view head(request_.data(), request_.size() - 4);
    static constexpr std::string_view kMore = "\r\nX-Slow: ";
    const std::size_t at = member.sent++;
    char byte = 'z';
    if (at < head.size()) {
      byte = head[at];
    } else if (at < head.size() + kMore.size()) {
      byte = kMore[at - head.size()];
    }
    // That the server has gone is seen by reading.
    (void)::send(member.socket, &byte, 1, MSG_NOSIGNAL);
    member.next += plan_.pause;
  }

  void receive(Member& member) {
    std::array<char, 4096> bytes;
    const ssize_t size = ::recv(member.socket, bytes.data(), bytes.size(), 0);
    if (size > 0) {
      member.received.append(bytes.data(), static_cast<std::size_t>(size));
      if (member.isSlow || member.isThere) return;
      if (!member.received.starts_with("HTTP/1.1 200 ")) {
        failure_ = "an idle one was answered: " + member.received;
      }
      opened(member);
      return;
    }
    if (size < 0 && errno == EAGAIN) return;
    ended(member);
  }

  void ended(Member& member) {
    const std::size_t age = millisecondsSince(member.begun);
    const auto note = [age](std::size_t& count, std::size_t& earliest, std::size_t& latest) {
      earliest = count == 0 ? age : std::min(earliest, age);
      latest = std::max(latest, age);
      ++count;
    };
    if (member.isOpening) {
      failure_ = "an idle one was not answered";
      opened(member);
    }
    if (member.isSlow) {
      note(report_.slowEnded, report_.slowEarliest, report_.slowLatest);
      report_.slowTold += member.received.starts_with("HTTP/1.1 408 ");
    } else {
      note(report_.idleLost, report_.idleEarliest, report_.idleLatest);
    }
    ::close(member.socket);
    member.socket = -1;
    member.isThere = false;
  }

  const CrowdPlan plan_;
  std::vector<Member> members_;
  const int epoll_;
  std::string request_;
  std::size_t opening_ = 0;
  bool said_ = false;
  std::string failure_;
  CrowdReport report_;
};

}  // namespace

int runCrowd(const CrowdPlan& plan) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return Crowd(plan).run();
}

}  // namespace skiff::e2e

/// PORT HOST IDLE SLOW PAUSE_MS FIRST_SOURCE
int main(int count, char** words) {
  if (count != 7) return 2;
  const auto number = [&](int at) { return std::strtoul(words[at], nullptr, 10); };
  return skiff::e2e::runCrowd({.port = static_cast<std::uint16_t>(number(1)),
                               .host = words[2],
                               .idle = number(3),
                               .slow = number(4),
                               .pause = std::chrono::milliseconds(number(5)),
                               .firstSource = static_cast<unsigned>(number(6))});
}
