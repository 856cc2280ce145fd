#include "sandbox/starter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "config/spawn.h"
#include "sandbox/starter_protocol.h"

namespace skiff {
namespace {

Error failure(const std::string& what, int number) {
  return Error{what + ": " + std::generic_category().message(number)};
}

/// Its words: how many are the successor's, those, and the compiler's.
std::vector<std::string> commandOf(const std::filesystem::path& executable,
                                   const StarterPrograms& programs) {
  std::vector<std::string> words{executable.string(), std::to_string(programs.successor.size())};
  words.insert(words.end(), programs.successor.begin(), programs.successor.end());
  words.insert(words.end(), programs.compiler.begin(), programs.compiler.end());
  return words;
}

/// Behind the places that it and others are to have; closed when another program is executed.
int copyBehind(int descriptor) {
  return ::fcntl(descriptor, F_DUPFD_CLOEXEC, kStarterEngine + 1);
}

pid_t spawn(const std::vector<std::string>& command, int socket, int engine, int& error) {
  const int socketCopy = copyBehind(socket);
  const int engineCopy = copyBehind(engine);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, socketCopy, kStarterSocket);
  posix_spawn_file_actions_adddup2(&files, engineCopy, kStarterEngine);
  // To themselves: so that they stay open, whatever the engine made of them.
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_adddup2(&files, standard, standard);
  }
  posix_spawn_file_actions_addclosefrom_np(&files, kStarterEngine + 1);
  const pid_t process =
      Spawn{.command = command, .environment = environmentVariables()}.start(files, error);
  posix_spawn_file_actions_destroy(&files);
  for (const int copy : {socketCopy, engineCopy}) {
    if (copy >= 0) ::close(copy);
  }
  return process;
}

/// errno, or 0.
int send(int socket, StarterRequest request, std::string_view text,
         std::span<const int> descriptors = {}) {
  iovec parts[]{{&request, sizeof request}, {const_cast<char*>(text.data()), text.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = std::size(parts);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostInMessage * sizeof(int))> control{};
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(head), descriptors.data(), descriptors.size_bytes());
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

}  // namespace

Result<std::unique_ptr<Starter>> Starter::start(const std::filesystem::path& executable,
                                                const StarterPrograms& programs,
                                                std::chrono::seconds patience) {
  const std::string what = "cannot start " + executable.string();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return failure(what, errno);
  }
  const int engine = ::open("/proc/self/exe", O_PATH | O_CLOEXEC);
  int error = engine < 0 ? errno : 0;
  const pid_t process =
      error == 0 ? spawn(commandOf(executable, programs), ends[1], engine, error) : -1;
  ::close(ends[1]);
  if (engine >= 0) ::close(engine);
  if (process < 0) {
    ::close(ends[0]);
    return failure(what, error);
  }
  const timeval time{.tv_sec = patience.count(), .tv_usec = 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(ends[0], SOL_SOCKET, option, &time, sizeof time);
  }
  return std::unique_ptr<Starter>(new Starter(
      process, ends[0], patience, programs.successor.empty() ? "" : programs.successor.front()));
}

Starter::~Starter() {
  ::close(socket_);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<pid_t> Starter::startSuccessor(std::span<const int> descriptors, const std::string& names) {
  if (successor_.empty()) return Error{"it is not known which program this is"};
  const std::lock_guard lock(mutex_);
  if (lost_) return gone();
  bool isBegun = false;
  while (!descriptors.empty()) {
    const auto some = descriptors.first(std::min(descriptors.size(), kMostInMessage));
    const int error = send(socket_, StarterRequest::pass, {}, some);
    if (error != 0) return notSent(error, isBegun);
    isBegun = true;
    descriptors = descriptors.subspan(some.size());
  }
  const int error = send(socket_, StarterRequest::successor, names);
  if (error != 0) return notSent(error, isBegun);
  auto process = reply();
  if (process.has_error() && !lost_ && owed_ == 0) {
    return Error{"cannot execute " + successor_ + ": " + process.error().message};
  }
  return process;
}

Result<pid_t> Starter::startCompiler(int socket) {
  const std::lock_guard lock(mutex_);
  if (lost_) return gone();
  const int error = send(socket_, StarterRequest::compiler, {}, {&socket, 1});
  return error == 0 ? reply() : notSent(error, false);
}

void Starter::end(pid_t process) {
  const std::lock_guard lock(mutex_);
  sendEnd(process);
}

void Starter::sendEnd(pid_t process) {
  const auto number = static_cast<std::int32_t>(process);
  (void)send(socket_, StarterRequest::end, {reinterpret_cast<const char*>(&number), sizeof number});
}

/// To what was asked for last: whatever comes before it is of those that nobody waits for any more.
Result<pid_t> Starter::reply() {
  std::erase_if(discarded_,
                [](pid_t process) { return ::waitpid(process, nullptr, WNOHANG) != 0; });
  ++owed_;
  while (true) {
    StarterReply reply;
    const ssize_t got = ::recv(socket_, &reply, sizeof reply, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return tooSlow();
    if (got != sizeof reply) break;
    if (--owed_ != 0) {
      discard(reply.process);
    } else if (reply.error == 0) {
      return reply.process;
    } else {
      if (reply.process > 0) ::waitpid(reply.process, nullptr, 0);
      return Error{std::generic_category().message(reply.error)};
    }
  }
  lost_ = true;
  return gone();
}

/// `isBegun`: something was passed, which would be the next one's.
Error Starter::notSent(int error, bool isBegun) {
  lost_ = isBegun || error == EPIPE || error == ECONNRESET;
  if (lost_) return gone();
  return error == EAGAIN ? tooSlow() : failure("cannot ask skiff-starter", error);
}

Error Starter::gone() {
  return Error{
      "the process that starts others for skiffd (skiff-starter) has gone: stop skiffd "
      "and start it"};
}

Error Starter::tooSlow() const {
  return Error{
      "the process that starts others for skiffd (skiff-starter) has started nothing for " +
      std::to_string(patience_.count()) + " s; try again when this machine has less to do"};
}

void Starter::discard(pid_t process) {
  if (process <= 0) return;
  sendEnd(process);
  discarded_.push_back(process);
}

}  // namespace skiff
