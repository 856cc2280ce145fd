#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "config/result.h"

namespace skiff::cli {

/// A program that we started, in a process group of its own, so that Ctrl-C at the terminal reaches
/// us alone. Ended by the destructor, and by the system if we die. One thread.
class ChildProcess {
 public:
  static Result<ChildProcess> start(const std::string& program,
                                    const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Pipes from its standard output and standard error, non-blocking; ours.
  int output() const { return output_; }
  int errors() const { return errors_; }

  /// SIGTERM: it finishes what it is at.
  void requestEnd();
  /// Its exit status, or 128 and the signal that ended it; nothing if it runs on after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);

 private:
  ChildProcess() = default;

  pid_t id_ = -1;
  int handle_ = -1;  ///< pidfd
  int output_ = -1;
  int errors_ = -1;
};

}  // namespace skiff::cli
