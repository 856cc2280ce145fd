#pragma once

#include <filesystem>

#include "config/result.h"

namespace skiff {

/// Held by one process at a time, or by those that pass it on to each other, and by one owner in
/// each. The kernel lets go of it when the process
/// ends, however that comes about (flock(2)); the file with the process' number stays.
class ProcessLock {
 public:
  /// Makes `file` if it is not there. Never waits. The error, a reason that
  /// follows the name of what is locked, says who has it.
  /// `held`: a descriptor of a lock that another process took, which is not that one's alone any
  /// more then; -1: there is none. It becomes the lock's, or is closed.
  static Result<ProcessLock> take(const std::filesystem::path& file, int held = -1);

  ProcessLock(ProcessLock&& other) noexcept;
  ProcessLock& operator=(ProcessLock&&) = delete;
  ~ProcessLock();

  int descriptor() const { return descriptor_; }

 private:
  explicit ProcessLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  ///< -1 once moved from
};

}  // namespace skiff
