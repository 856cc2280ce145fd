#include "server/restart/successor.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "server/restart/passed_descriptors.h"

namespace skiff {
namespace {

/// Milliseconds until one that is ending anyway is killed: it may have much memory to give back.
constexpr int kEndingTime = 5'000;

}  // namespace

Result<Successor> Successor::start(Starter& starter, std::vector<PassedOn> descriptors) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return Error{"no socket for it: " + std::generic_category().message(errno)};
  }
  Descriptor ours(ends[0]);
  const Descriptor its(ends[1]);
  descriptors.push_back({its.number(), kHandOverName});
  if (descriptors.size() > PassedDescriptors::kMost) {
    return Error{"there are " + std::to_string(descriptors.size()) +
                 " sockets, and it takes at most " + std::to_string(PassedDescriptors::kMost) +
                 ": have fewer shards or addresses"};
  }
  std::vector<int> numbers;
  std::string names;
  for (const PassedOn& one : descriptors) {
    numbers.push_back(one.descriptor);
    names += (names.empty() ? "" : ":") + one.name;
  }
  const auto process = starter.startSuccessor(numbers, names);
  if (process.has_error()) return process.error();
  return Successor(starter, *process, std::move(ours));
}

Successor::Successor(Successor&& other) noexcept
    : starter_(other.starter_),
      process_(std::exchange(other.process_, -1)),
      channel_(std::move(other.channel_)) {}

Successor::~Successor() {
  if (process_ < 0) return;
  // Whoever is to end it may be gone; it ends by itself when nobody hands over.
  channel_ = Descriptor();
  starter_->end(process_);
  ::waitpid(process_, nullptr, 0);
}

Descriptor Successor::handle() const {
  return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process_, 0)));
}

std::string Successor::end() {
  if (process_ < 0) return {};
  // Whoever has closed the channel is ending, and says best how that came.
  const Descriptor handle = this->handle();
  const pid_t process = std::exchange(process_, -1);
  pollfd ended{handle.number(), POLLIN, 0};
  if (!handle || ::poll(&ended, 1, kEndingTime) != 1) {
    starter_->end(process);
    if (handle && ::poll(&ended, 1, kEndingTime) != 1) return "does not end";
  }
  int status = 0;
  if (::waitpid(process, &status, 0) != process) return "cannot be waited for";
  if (WIFEXITED(status)) return "ended with exit code " + std::to_string(WEXITSTATUS(status));
  const char* const name = ::sigabbrev_np(WTERMSIG(status));
  return std::string("was ended by SIG") + (name != nullptr ? name : "?");
}

}  // namespace skiff
