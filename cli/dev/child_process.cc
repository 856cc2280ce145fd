#include "cli/dev/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace skiff::cli {
namespace {

constexpr std::chrono::seconds kPatience{2};

Error systemError(const std::string& program) {
  return Error{program + " cannot be started: " + std::generic_category().message(errno)};
}

void closeIfOpen(int descriptor) {
  if (descriptor >= 0) ::close(descriptor);
}

/// In the child, where only calls that are safe after fork() may be made.
[[noreturn]] void become(char* const* words, int output, int errors, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);  // it died before that
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  const int input = ::open("/dev/null", O_RDONLY);
  if (input >= 0) ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execv(words[0], words);
  ::_exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::string& program,
                                         const std::vector<std::string>& arguments) {
  if (::access(program.c_str(), X_OK) != 0) return systemError(program);
  std::string name = program;
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers{name.data()};
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  ChildProcess child;
  int output[2];
  int errors[2];
  if (::pipe2(output, O_CLOEXEC) != 0) return systemError(program);
  child.output_ = output[0];
  if (::pipe2(errors, O_CLOEXEC) != 0) {
    ::close(output[1]);
    return systemError(program);
  }
  child.errors_ = errors[0];
  const pid_t parent = ::getpid();
  child.id_ = ::fork();
  if (child.id_ == 0) become(pointers.data(), output[1], errors[1], parent);
  const int forkError = errno;
  ::close(output[1]);
  ::close(errors[1]);
  errno = forkError;
  if (child.id_ < 0) return systemError(program);
  ::fcntl(child.output_, F_SETFL, O_NONBLOCK);
  ::fcntl(child.errors_, F_SETFL, O_NONBLOCK);
  child.handle_ = static_cast<int>(::syscall(SYS_pidfd_open, child.id_, 0));
  if (child.handle_ < 0) return systemError(program);
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      handle_(std::exchange(other.handle_, -1)),
      output_(std::exchange(other.output_, -1)),
      errors_(std::exchange(other.errors_, -1)) {}

ChildProcess::~ChildProcess() {
  if (id_ > 0) {
    requestEnd();
    if (!wait(kPatience)) {
      ::kill(id_, SIGKILL);
      ::waitpid(id_, nullptr, 0);
    }
  }
  closeIfOpen(handle_);
  closeIfOpen(output_);
  closeIfOpen(errors_);
}

void ChildProcess::requestEnd() {
  if (id_ > 0) ::kill(id_, SIGTERM);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds patience) {
  if (id_ <= 0) return 0;
  pollfd ended{handle_, POLLIN, 0};
  if (handle_ < 0 || ::poll(&ended, 1, static_cast<int>(patience.count())) <= 0) {
    return std::nullopt;
  }
  int status = 0;
  if (::waitpid(id_, &status, 0) != id_) return std::nullopt;
  id_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace skiff::cli
