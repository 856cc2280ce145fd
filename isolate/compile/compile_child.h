#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <span>

#include "isolate/compile/compile_limits.h"
#include "isolate/compile/compile_starter.h"
#include "isolate/compile/native_compiler.h"

namespace skiff {

/// A process that compiles modules, seen from the daemon. It has no descriptor of the daemon's but
/// its end of one socket, and standard error; it ends when that socket's other end is closed, hence
/// with the daemon, however that ends. What bounds it (child_main.cc) is set by itself
/// before it sees a module; the wall time is watched here. One thread at a time, but for stop().
class CompileChild {
 public:
  static Result<std::unique_ptr<CompileChild>> start(std::shared_ptr<CompileStarter> starter);
  /// Kills it if it still runs.
  ~CompileChild();
  CompileChild(const CompileChild&) = delete;
  CompileChild& operator=(const CompileChild&) = delete;

  /// REQUIRES: reusable(), or nothing was compiled yet.
  Result<NativeCode, CompileError> compile(std::span<const std::uint8_t> module,
                                           const CompileLimits& limits);
  /// Whether it can compile another one. False once a limit struck or it failed.
  bool reusable() const { return reusable_; }
  bool used() const { return used_; }

  /// Ends what it does: compile() gives `stopped`. Any thread, while this lives.
  void stop();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  enum class Transfer { done, ended, late };

  CompileChild(std::shared_ptr<CompileStarter> starter, pid_t process, int socket)
      : starter_(std::move(starter)), process_(process), socket_(socket) {}

  Transfer transfer(short events, std::size_t size, Deadline deadline, const auto& step);
  Transfer send(const void* data, std::size_t size, Deadline deadline);
  Transfer receive(void* data, std::size_t size, Deadline deadline);
  CompileError failure(Transfer how, const CompileLimits& limits);
  /// How it ended, as waitpid(2) has it; kills it if it does not by itself.
  int reap();

  const std::shared_ptr<CompileStarter> starter_;
  const pid_t process_;
  const int socket_;
  bool reaped_ = false;
  bool used_ = false;
  bool reusable_ = true;
  std::atomic<bool> stopped_{false};
};

}  // namespace skiff
