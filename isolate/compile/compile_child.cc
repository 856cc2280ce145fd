#include "isolate/compile/compile_child.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "isolate/compile/compile_protocol.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;

/// A process that ends gives back gigabytes before it is gone.
constexpr milliseconds kEndingTime{10'000};
constexpr std::size_t kLongestMessage = 4'096;

CompileError memoryError(const CompileLimits& limits) {
  return {CompileError::Kind::memory,
          "compiling it took more than " + limits.memory.text() + " of memory",
          "split large functions"};
}

CompileError cpuError(const CompileLimits& limits) {
  return {CompileError::Kind::limit,
          "compiling it took more than " + std::to_string(limits.cpu.count()) + " s of CPU time",
          "split large functions, or build a smaller module"};
}

/// Why a child that was not told to end has ended.
CompileError endingError(int status, const CompileLimits& limits) {
  if (WIFEXITED(status)) {
    if (WEXITSTATUS(status) == kCompileOutOfMemory) return memoryError(limits);
    return {CompileError::Kind::failed, "the process that compiles ended with exit code " +
                                            std::to_string(WEXITSTATUS(status)) +
                                            " before it was done"};
  }
  const int signal = WTERMSIG(status);
  if (signal == SIGXCPU) return cpuError(limits);
  const char* const name = ::sigabbrev_np(signal);
  CompileError error{CompileError::Kind::failed,
                     "the process that compiles was ended by SIG" + std::string(name ? name : "?")};
  if (signal == SIGKILL) error.advice = "is the machine out of memory?";
  return error;
}

}  // namespace

Result<std::unique_ptr<CompileChild>> CompileChild::start(std::shared_ptr<CompileStarter> starter) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Error{"no socket for the process that compiles: " +
                 std::generic_category().message(errno)};
  }
  const auto process = starter->start(ends[1]);
  ::close(ends[1]);
  if (process.has_error()) {
    ::close(ends[0]);
    return Error{"cannot start the process that compiles: " + process.error().message};
  }
  return std::unique_ptr<CompileChild>(new CompileChild(std::move(starter), *process, ends[0]));
}

CompileChild::~CompileChild() {
  if (!reaped_) {
    // Whoever is to end it may be gone; it ends by itself when nobody is left to answer to.
    ::shutdown(socket_, SHUT_RDWR);
    starter_->end(process_);
    reap();
  }
  ::close(socket_);
}

void CompileChild::stop() {
  stopped_.store(true, std::memory_order_relaxed);
  ::shutdown(socket_, SHUT_RDWR);
}

Result<NativeCode, CompileError> CompileChild::compile(std::span<const std::uint8_t> module,
                                                       const CompileLimits& limits) {
  used_ = true;
  reusable_ = false;
  const Deadline deadline = std::chrono::steady_clock::now() + limits.wall;
  CompileRequestHead request;
  request.moduleSize = module.size();
  request.memory = limits.memory.bytes();
  request.cpuSeconds = static_cast<std::uint64_t>(limits.cpu.count());
  request.native = limits.native.bytes();
  request.lowered = limits.priority == CompilePriority::lowered ? 1 : 0;
  Transfer how = send(&request, sizeof request, deadline);
  if (how == Transfer::done) how = send(module.data(), module.size(), deadline);
  CompileReplyHead reply;
  if (how == Transfer::done) how = receive(&reply, sizeof reply, deadline);
  if (how != Transfer::done) return failure(how, limits);

  const std::uint64_t most =
      reply.status == CompileStatus::compiled ? limits.native.bytes() : kLongestMessage;
  if (reply.magic != CompileReplyHead::kMagic || reply.status > CompileStatus::tooLarge ||
      reply.payloadSize > most) {
    return CompileError{CompileError::Kind::failed,
                        "the process that compiles answered what makes no sense"};
  }
  NativeCode code;
  code.size = reply.payloadSize;
  code.data = std::make_unique_for_overwrite<std::uint8_t[]>(code.size);
  how = receive(code.data.get(), code.size, deadline);
  if (how != Transfer::done) return failure(how, limits);
  reusable_ = true;
  switch (reply.status) {
    case CompileStatus::compiled:
      return code;
    case CompileStatus::invalid:
      return CompileError{CompileError::Kind::invalid,
                          {reinterpret_cast<const char*>(code.data.get()), code.size}};
    default:
      return CompileError{CompileError::Kind::limit,
                          "it becomes more than " + limits.native.text() + " of machine code",
                          "build a smaller module"};
  }
}

CompileChild::Transfer CompileChild::transfer(short events, std::size_t size, Deadline deadline,
                                              const auto& step) {
  for (std::size_t done = 0; done < size;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Transfer::late;
    pollfd waiting{socket_, events, 0};
    if (::poll(&waiting, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) {
      return Transfer::ended;
    }
    if (waiting.revents == 0) continue;
    const ssize_t count = step(done, size - done);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      return Transfer::ended;
    }
  }
  return Transfer::done;
}

CompileChild::Transfer CompileChild::send(const void* data, std::size_t size, Deadline deadline) {
  return transfer(POLLOUT, size, deadline, [&](std::size_t at, std::size_t rest) {
    return ::send(socket_, static_cast<const char*>(data) + at, rest, MSG_DONTWAIT | MSG_NOSIGNAL);
  });
}

CompileChild::Transfer CompileChild::receive(void* data, std::size_t size, Deadline deadline) {
  return transfer(POLLIN, size, deadline, [&](std::size_t at, std::size_t rest) {
    return ::recv(socket_, static_cast<char*>(data) + at, rest, MSG_DONTWAIT);
  });
}

CompileError CompileChild::failure(Transfer how, const CompileLimits& limits) {
  if (stopped_.load(std::memory_order_relaxed)) {
    return {CompileError::Kind::stopped, "compiling was stopped"};
  }
  if (how == Transfer::late) {
    return {CompileError::Kind::limit,
            "compiling it took longer than " + std::to_string(limits.wall.count()) + " ms",
            "split large functions, or try again when the machine has less to do"};
  }
  return endingError(reap(), limits);
}

int CompileChild::reap() {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
  if (handle >= 0) {
    pollfd waiting{handle, POLLIN, 0};
    (void)::poll(&waiting, 1, static_cast<int>(kEndingTime.count()));
    ::close(handle);
  }
  int status = 0;
  if (::waitpid(process_, &status, WNOHANG) == 0) {
    ::shutdown(socket_, SHUT_RDWR);
    starter_->end(process_);
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  reaped_ = true;
  return status;
}

}  // namespace skiff
