#pragma once

#include <filesystem>

#include "config/result.h"

namespace skiff {

/// Held by one process at a time, and by one owner in it. The kernel lets go of it when the process
/// ends, however that comes about (flock(2)); the file with the process' number stays.
class ProcessLock {
 public:
  /// Makes `file` if it is not there. Never waits. The error, a reason that
  /// follows the name of what is locked, says who has it.
  static Result<ProcessLock> take(const std::filesystem::path& file);

  ProcessLock(ProcessLock&& other) noexcept;
  ProcessLock& operator=(ProcessLock&&) = delete;
  ~ProcessLock();

 private:
  explicit ProcessLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  ///< -1 once moved from
};

}  // namespace skiff
