#include "server/restart/successor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
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
  std::vector<std::string> environment;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text = *entry;
    if (std::none_of(kReplaced.begin(), kReplaced.end(),
                     [&](std::string_view name) { return text.starts_with(name); })) {
      environment.emplace_back(text);
    }
  }
  std::string names;
  for (const PassedOn& one : descriptors) names += (names.empty() ? "" : ":") + one.name;
  environment.push_back("LISTEN_FDS=" + std::to_string(descriptors.size()));
  environment.push_back("LISTEN_FDNAMES=" + names);
  environment.emplace_back("SKIFF_LISTEN_PID=self");
  return environment;
}

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// posix_spawn: fork() would copy the daemon's page tables, with all guests stopped meanwhile.
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

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> arguments{command.executable};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = environmentWith(descriptors);
  pid_t process = -1;
  error = ::posix_spawn(&process, command.executable.c_str(), &files, &attributes,
                        pointersTo(arguments).data(), pointersTo(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error == 0 ? process : -1;
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
