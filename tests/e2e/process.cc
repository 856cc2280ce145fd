#include "tests/e2e/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace skiff::e2e {
namespace {

[[noreturn]] void raise(std::string_view what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

struct Pipe {
  int readEnd = -1;
  int writeEnd = -1;
};

Pipe makePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) raise("pipe2");
  return {ends[0], ends[1]};
}

/// Whether it is given a configuration by which it is sandboxed.
bool isSandboxed(const std::vector<std::string>& arguments) {
  const auto option = std::find(arguments.begin(), arguments.end(), "--config");
  if (option == arguments.end() || option + 1 == arguments.end()) return false;
  std::ifstream file(*(option + 1));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return text.find(kNoSandbox) == text.npos;
}

}  // namespace

Process::Process(const std::string& program, const std::vector<std::string>& arguments,
                 const ProcessOptions& options) {
  // Of a process whose parent has ended, this one is to be the parent.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Pipe output = makePipe();
  const Pipe error = makePipe();
  std::vector<char*> pointers{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  const bool withoutLeakCheck = kSanitized && isSandboxed(arguments);

  id_ = ::fork();
  if (id_ < 0) raise("fork");
  if (id_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(options.input, STDIN_FILENO);
    ::dup2(output.writeEnd, STDOUT_FILENO);
    ::dup2(error.writeEnd, STDERR_FILENO);
    // By way of higher numbers, so that none takes another's place.
    constexpr int kHigh = 200;
    for (std::size_t i = 0; i < options.passed.size(); ++i) {
      ::dup2(options.passed[i], kHigh + static_cast<int>(i));
    }
    for (std::size_t i = 0; i < options.passed.size(); ++i) {
      ::dup2(kHigh + static_cast<int>(i), 3 + static_cast<int>(i));
      ::close(kHigh + static_cast<int>(i));
    }
    for (const std::string& variable : options.environment) {
      ::putenv(const_cast<char*>(variable.c_str()));
    }
    if (withoutLeakCheck) ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    if (!options.passed.empty()) {
      ::setenv("LISTEN_FDS", std::to_string(options.passed.size()).c_str(), 1);
      ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    }
    ::execv(program.c_str(), pointers.data());
    ::_exit(127);
  }
  ::close(output.writeEnd);
  ::close(error.writeEnd);
  outputPipe_ = output.readEnd;
  errorPipe_ = error.readEnd;
  handle_ = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
  if (handle_ < 0) raise("pidfd_open");
  collector_ = std::thread([this] { collect(); });
}

Process::~Process() {
  if (!ending_) {
    ::kill(id_, SIGKILL);
    wait();
  }
  if (collector_.joinable()) collector_.join();
  for (const int descriptor : {handle_, outputPipe_, errorPipe_}) ::close(descriptor);
}

void Process::signal(int number) const {
  if (::kill(id_, number) != 0) raise("kill");
}

std::optional<Ending> Process::wait(std::chrono::milliseconds patience) {
  if (ending_) return ending_;
  ending_ = awaitEnd(patience);
  if (ending_ && collector_.joinable()) collector_.join();
  return ending_;
}

std::optional<Ending> Process::awaitEnd(std::chrono::milliseconds patience) const {
  pollfd ended{handle_, POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(id_, &status, 0) != id_) raise("waitpid");
  return WIFSIGNALED(status) ? Ending{0, WTERMSIG(status)} : Ending{WEXITSTATUS(status), 0};
}

std::optional<Ending> Process::becomes(pid_t next, std::chrono::milliseconds patience) {
  const std::optional<Ending> ending = awaitEnd(patience);
  if (!ending) return std::nullopt;
  ::close(handle_);
  id_ = next;
  handle_ = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
  if (handle_ < 0) raise("pidfd_open");
  return ending;
}

void Process::collect() {
  std::array<pollfd, 2> pipes{{{outputPipe_, POLLIN, 0}, {errorPipe_, POLLIN, 0}}};
  constexpr std::array kStreams{Stream::output, Stream::error};
  std::vector<char> bytes(64 << 10);
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (::poll(pipes.data(), pipes.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      const ssize_t size = ::read(pipes[i].fd, bytes.data(), bytes.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) {
        pipes[i].fd = -1;
        continue;
      }
      const std::lock_guard lock(mutex_);
      textOf(kStreams[i]).append(bytes.data(), static_cast<std::size_t>(size));
      more_.notify_all();
    }
  }
  const std::lock_guard lock(mutex_);
  collected_ = true;
  more_.notify_all();
}

std::string Process::text(Stream stream) const {
  const std::lock_guard lock(mutex_);
  return stream == Stream::output ? output_ : error_;
}

std::string Process::waitForLine(Stream stream, std::string_view part,
                                 std::chrono::milliseconds patience, std::size_t from) const {
  const std::string& all = stream == Stream::output ? output_ : error_;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::size_t seen = from;
  std::unique_lock lock(mutex_);
  for (;;) {
    for (std::size_t end = all.find('\n', seen); end != std::string::npos;
         end = all.find('\n', seen)) {
      const std::string_view line = std::string_view(all).substr(seen, end - seen);
      if (line.find(part) != std::string_view::npos) return std::string(line);
      seen = end + 1;
    }
    if (collected_ || more_.wait_until(lock, deadline) == std::cv_status::timeout) return {};
  }
}

std::optional<ProcessReadings> readingsOf(pid_t process) {
  const std::filesystem::path folder = "/proc/" + std::to_string(process);
  ProcessReadings readings;
  std::ifstream status(folder / "status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) readings.residentBytes = std::stoul(line.substr(6)) << 10;
    if (line.starts_with("Threads:")) readings.threads = std::stoul(line.substr(8));
  }
  std::error_code gone;
  for (std::filesystem::directory_iterator entry(folder / "fd", gone), end; !gone && entry != end;
       entry.increment(gone)) {
    ++readings.descriptors;
  }
  if (gone || readings.residentBytes == 0) return std::nullopt;
  return readings;
}

}  // namespace skiff::e2e
