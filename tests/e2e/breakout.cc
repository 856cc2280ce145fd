// Linked into a skiffd of its own, for tests only: a thread within the daemon that does what it is
// told on standard input, a socket, as one who has broken out of a guest could. It is there before
// the daemon gives anything up. Each line is a command; the answer is the errno, or 0, and a line's
// end.
#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <string>
#include <thread>

namespace {

int errorOf(long result) {
  return result < 0 ? errno : 0;
}

int open(const std::string& path, int flags) {
  const int opened = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  const int error = errorOf(opened);
  if (opened >= 0) ::close(opened);
  return error;
}

int start(const std::string& program) {
  char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
  pid_t process = -1;
  const int error = ::posix_spawn(&process, program.c_str(), nullptr, nullptr, arguments, nullptr);
  if (error == 0) ::waitpid(process, nullptr, 0);
  return error;
}

/// Binds a port of 127.0.0.1.
int bind() {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int error =
      errorOf(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  ::close(made);
  return error;
}

int obey(const std::string& line) {
  std::istringstream words(line);
  std::string what;
  std::string argument;
  words >> what >> argument;
  if (what == "read") return open(argument, O_RDONLY);
  if (what == "write") return open(argument, O_WRONLY | O_CREAT);
  if (what == "start") return start(argument);
  if (what == "bind") return bind();
  if (what == "unix") return errorOf(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (what == "trace") {
    return errorOf(::ptrace(PTRACE_ATTACH, static_cast<pid_t>(std::stol(argument)), 0, 0));
  }
  if (what == "mount") return errorOf(::mount("none", argument.c_str(), "tmpfs", 0, nullptr));
  if (what == "root") return errorOf(::chroot(argument.c_str()));
  return -1;
}

void serve() {
  std::string line;
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) == 1) {
    if (byte != '\n') {
      line += byte;
      continue;
    }
    const std::string answer = std::to_string(obey(line)) + "\n";
    line.clear();
    if (::write(STDIN_FILENO, answer.data(), answer.size()) < 0) return;
  }
}

[[gnu::constructor]] void begin() {
  std::thread(serve).detach();
}

}  // namespace
