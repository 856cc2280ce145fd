#include "server/restart/successor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/spawn.h"
#include "server/restart/passed_descriptors.h"

namespace skiff {
namespace {

/// Milliseconds until one that is ending anyway is killed: it may have much memory to give back.
constexpr int kEndingTime = 5'000;

Error systemError(const std::string& what, int number) {
  return Error{what + ": " + std::generic_category().message(number)};
}

/// This process' own, without what is said of its descriptors; the launcher fills in the number of
/// the process, which nobody knows before it is there.
std::vector<std::string> environmentWith(const std::vector<PassedOn>& descriptors) {
  constexpr std::array<std::string_view, 5> kReplaced{
      "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "SKIFF_LISTEN_PID=", "WATCHDOG_PID="};
  std::vector<std::string> environment = environmentVariables();
  std::erase_if(environment, [&](std::string_view variable) {
    return std::any_of(kReplaced.begin(), kReplaced.end(),
                       [&](std::string_view name) { return variable.starts_with(name); });
  });
  std::string names;
  for (const PassedOn& one : descriptors) names += (names.empty() ? "" : ":") + one.name;
  environment.push_back("LISTEN_FDS=" + std::to_string(descriptors.size()));
  environment.push_back("LISTEN_FDNAMES=" + names);
  environment.emplace_back("SKIFF_LISTEN_PID=self");
  return environment;
}

pid_t spawn(const SelfCommand& command, const std::vector<PassedOn>& descriptors,
            const std::vector<Descriptor>& copies, int& error) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const int first = PassedDescriptors::kFirst;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    posix_spawn_file_actions_adddup2(&files, copies[i].number(), first + static_cast<int>(i));
  }
  // To themselves: so that they stay open, whatever the engine made of them.
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_adddup2(&files, standard, standard);
  }
  posix_spawn_file_actions_addclosefrom_np(&files, first + static_cast<int>(copies.size()));

  std::vector<std::string> line{command.executable};
  line.insert(line.end(), command.arguments.begin(), command.arguments.end());
  const pid_t process =
      Spawn{.command = std::move(line), .environment = environmentWith(descriptors)}.start(files,
                                                                                           error);
  posix_spawn_file_actions_destroy(&files);
  return process;
}

}  // namespace

Result<Successor> Successor::start(const SelfCommand& command, std::vector<PassedOn> descriptors) {
  if (command.executable.empty()) return Error{"it is not known which program this is"};
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return systemError("no socket for it", errno);
  }
  Descriptor ours(ends[0]);
  const Descriptor its(ends[1]);
  descriptors.push_back({its.number(), kHandOverName});
  if (descriptors.size() > PassedDescriptors::kMost) {
    return Error{"there are " + std::to_string(descriptors.size()) +
                 " sockets, and it takes at most " + std::to_string(PassedDescriptors::kMost) +
                 ": have fewer shards or addresses"};
  }
  // Behind the places that they are to have, so that none overwrites another.
  const int behind = PassedDescriptors::kFirst + static_cast<int>(descriptors.size());
  std::vector<Descriptor> copies;
  for (const PassedOn& one : descriptors) {
    copies.emplace_back(::fcntl(one.descriptor, F_DUPFD_CLOEXEC, behind));
    if (!copies.back()) return systemError("a socket cannot be passed on", errno);
  }
  int error = 0;
  const pid_t process = spawn(command, descriptors, copies, error);
  if (process < 0) return systemError("cannot execute " + command.executable, error);
  return Successor(process, std::move(ours));
}

Successor::Successor(Successor&& other) noexcept
    : process_(std::exchange(other.process_, -1)), channel_(std::move(other.channel_)) {}

Successor::~Successor() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

std::string Successor::end() {
  const pid_t process = std::exchange(process_, -1);
  if (process < 0) return {};
  // Whoever has closed the channel is ending, and says best how that came.
  const Descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  pollfd ended{handle.number(), POLLIN, 0};
  if (!handle || ::poll(&ended, 1, kEndingTime) != 1) ::kill(process, SIGKILL);
  int status = 0;
  if (::waitpid(process, &status, 0) != process) return "cannot be waited for";
  if (WIFEXITED(status)) return "ended with exit code " + std::to_string(WEXITSTATUS(status));
  const char* const name = ::sigabbrev_np(WTERMSIG(status));
  return std::string("was ended by SIG") + (name != nullptr ? name : "?");
}

}  // namespace skiff
