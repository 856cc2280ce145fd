// skiff-starter: starts, for the daemon that started it, that daemon's successor and the processes
// that compile for it, and nothing else. It holds what a sandboxed daemon has given up, so it is
// small, trusts nothing that the daemon says, and reads no files. See starter.h.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "config/spawn.h"
#include "sandbox/starter_protocol.h"

namespace skiff {
namespace {

using Words = std::vector<std::string>;

/// More than that live at no time, unless somebody else asks for them.
constexpr std::size_t kMostProcesses = 64;

/// What is said anew of a successor's descriptors.
constexpr std::array<std::string_view, 5> kReplaced{
    "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=", "SKIFF_LISTEN_PID=", "WATCHDOG_PID="};

Words successor;
Words compiler;

struct Running {
  pid_t process;
  int handle;  ///< pidfd
};
std::vector<Running> running;

struct Message {
  StarterRequest what{};
  std::string text;
  std::vector<int> descriptors;
};

/// Ends this process when the daemon is gone, or is not itself.
Message receive() {
  static char buffer[1 + kLongestNames];
  alignas(cmsghdr) static char control[CMSG_SPACE(kMostInMessage * sizeof(int))];
  iovec part{buffer, sizeof buffer};
  msghdr head{};
  head.msg_iov = &part;
  head.msg_iovlen = 1;
  head.msg_control = control;
  head.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(kStarterSocket, &head, MSG_CMSG_CLOEXEC);
  if (size < 1 || (head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) ::_exit(0);
  Message message{static_cast<StarterRequest>(buffer[0]),
                  std::string(buffer + 1, static_cast<std::size_t>(size) - 1),
                  {}};
  for (cmsghdr* one = CMSG_FIRSTHDR(&head); one != nullptr; one = CMSG_NXTHDR(&head, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const std::size_t before = message.descriptors.size();
    message.descriptors.resize(before + count);
    std::memcpy(message.descriptors.data() + before, CMSG_DATA(one), count * sizeof(int));
  }
  return message;
}

// In the new process, which is a copy of this one. Each gives an errno.

/// Has it begin with no signal blocked or ignored.
void resetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Puts them in their places, in this order, from kFirstPassed on. All others close by themselves.
int place(std::vector<int> descriptors, int& keep) {
  const int behind = kFirstPassed + static_cast<int>(descriptors.size());
  for (int& descriptor : descriptors) descriptor = ::fcntl(descriptor, F_DUPFD_CLOEXEC, behind);
  keep = ::fcntl(keep, F_DUPFD_CLOEXEC, behind);
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    if (::dup2(descriptors[i], kFirstPassed + static_cast<int>(i)) < 0) return errno;
  }
  return keep < 0 ? errno : 0;
}

int becomeSuccessor(const Message& request, const std::vector<int>& passed) {
  Words variables = environmentVariables();
  std::erase_if(variables, [](std::string_view variable) {
    return std::any_of(kReplaced.begin(), kReplaced.end(),
                       [&](std::string_view name) { return variable.starts_with(name); });
  });
  variables.push_back("LISTEN_FDS=" + std::to_string(passed.size()));
  variables.push_back("LISTEN_FDNAMES=" + request.text);
  // The launcher fills in the number of the process.
  variables.emplace_back("SKIFF_LISTEN_PID=self");
  if (successor.empty()) return ENOENT;
  ::execve(successor.front().c_str(), pointersTo(successor).data(), pointersTo(variables).data());
  return errno;
}

int becomeCompiler(int engine) {
  // A terminal's ^C is the daemon's to answer.
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (::dup2(nothing, STDIN_FILENO) < 0 || ::dup2(nothing, STDOUT_FILENO) < 0) return errno;
  Words variables = engineVariables();
  ::execveat(engine, "", pointersTo(compiler).data(), pointersTo(variables).data(), AT_EMPTY_PATH);
  return errno;
}

[[noreturn]] void become(const Message& request, const std::vector<int>& passed, int report) {
  resetSignals();
  // Both would be overwritten.
  std::vector<int> all = passed;
  int keep = report;
  int engine =
      ::fcntl(kStarterEngine, F_DUPFD_CLOEXEC, kFirstPassed + static_cast<int>(passed.size()));
  int error = engine < 0 ? errno : place(std::move(all), keep);
  if (error == 0) {
    error = request.what == StarterRequest::successor ? becomeSuccessor(request, passed)
                                                      : becomeCompiler(engine);
  }
  (void)!::write(keep >= 0 ? keep : report, &error, sizeof error);
  ::_exit(127);
}

/// As the daemon's child, not as this process'.
StarterReply start(const Message& request, const std::vector<int>& passed) {
  if (running.size() >= kMostProcesses) return {EAGAIN, -1};
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return {errno, -1};
  int handle = -1;
  const long process =
      ::syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD | SIGCHLD, nullptr, &handle, nullptr, 0);
  if (process == 0) become(request, passed, report[1]);
  StarterReply reply{process < 0 ? errno : 0, static_cast<std::int32_t>(process)};
  ::close(report[1]);
  if (process > 0) {
    running.push_back({static_cast<pid_t>(process), handle});
    // Nothing comes if it has become the other program.
    int error = 0;
    if (::read(report[0], &error, sizeof error) == sizeof error) reply.error = error;
  }
  ::close(report[0]);
  return reply;
}

void endProcess(const std::string& text) {
  std::int32_t process = 0;
  if (text.size() != sizeof process) ::_exit(0);
  std::memcpy(&process, text.data(), sizeof process);
  // One that has ended, and whose number another one has by now, is not hit.
  for (const Running& one : running) {
    if (one.process == process) ::syscall(SYS_pidfd_send_signal, one.handle, SIGKILL, nullptr, 0);
  }
}

bool areNames(const std::string& text, std::size_t count) {
  const bool good = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '-' || c == ':';
  });
  return good && static_cast<std::size_t>(std::count(text.begin(), text.end(), ':')) + 1 == count;
}

void obey() {
  static std::vector<int> passed;
  const auto closeAll = [](std::vector<int>& descriptors) {
    for (const int descriptor : descriptors) ::close(descriptor);
    descriptors.clear();
  };
  Message message = receive();
  StarterReply reply;
  switch (message.what) {
    case StarterRequest::pass:
      passed.insert(passed.end(), message.descriptors.begin(), message.descriptors.end());
      if (passed.size() > kMostPassed) ::_exit(0);
      return;
    case StarterRequest::end:
      closeAll(message.descriptors);
      return endProcess(message.text);
    case StarterRequest::successor:
      if (!areNames(message.text, passed.size())) ::_exit(0);
      reply = start(message, passed);
      closeAll(passed);
      break;
    case StarterRequest::compiler:
      if (message.descriptors.size() != 1) ::_exit(0);
      reply = start(message, message.descriptors);
      break;
    default:
      ::_exit(0);
  }
  closeAll(message.descriptors);
  if (::send(kStarterSocket, &reply, sizeof reply, MSG_NOSIGNAL) < 0) ::_exit(0);
}

void forgetEnded(const std::vector<pollfd>& events) {
  std::erase_if(running, [&](const Running& one) {
    const auto event = std::find_if(events.begin(), events.end(), [&](const pollfd& each) {
      return each.fd == one.handle && each.revents != 0;
    });
    if (event == events.end()) return false;
    ::close(one.handle);
    return true;
  });
}

[[noreturn]] void serve() {
  while (true) {
    std::vector<pollfd> events{{kStarterSocket, POLLIN, 0}};
    for (const Running& one : running) events.push_back({one.handle, POLLIN, 0});
    if (::poll(events.data(), events.size(), -1) < 0) continue;
    forgetEnded(events);
    if (events.front().revents != 0) obey();
  }
}

}  // namespace
}  // namespace skiff

int main(int count, char** words) {
  using namespace skiff;
  const Words all(words + 1, words + count);
  const std::size_t successors =
      all.empty() ? SIZE_MAX : static_cast<std::size_t>(std::strtoul(all[0].c_str(), nullptr, 10));
  if (successors >= all.size() || ::fcntl(kStarterSocket, F_SETFD, FD_CLOEXEC) != 0 ||
      ::fcntl(kStarterEngine, F_SETFD, FD_CLOEXEC) != 0) {
    (void)!::write(STDERR_FILENO, "skiff-starter: is started by skiffd alone\n", 42);
    return 64;  // EX_USAGE
  }
  const auto rest = all.begin() + 1 + static_cast<std::ptrdiff_t>(successors);
  successor.assign(all.begin() + 1, rest);
  compiler.assign(rest, all.end());
  // Those that are sent to all of a service, or of a terminal, are the daemon's to answer.
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}) {
    ::signal(signal, SIG_IGN);
  }
  serve();
}
