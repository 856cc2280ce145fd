#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "config/result.h"

namespace skiff {

/// Starts the processes that compile: children of this one. Any thread.
class CompileStarter {
 public:
  virtual ~CompileStarter() = default;

  /// With `socket`, which stays the caller's, as its kCompileDescriptor. It has no other descriptor
  /// but standard error, no session of this process', and nothing of the operator's environment.
  virtual Result<pid_t> start(int socket) = 0;
  /// Kills one that was not waited for yet.
  virtual void end(pid_t process) = 0;
};

/// By itself.
class CompileSpawner final : public CompileStarter {
 public:
  /// `command`: program and arguments; "/proc/self/exe" is this process' own executable.
  explicit CompileSpawner(std::vector<std::string> command) : command_(std::move(command)) {}

  Result<pid_t> start(int socket) override;
  void end(pid_t process) override;

 private:
  const std::vector<std::string> command_;
};

}  // namespace skiff
