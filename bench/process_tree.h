#pragma once

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace skiff::bench {

/// What /proc says of a process and of all that it started and that still runs.

/// The process first.
std::vector<pid_t> processTree(pid_t root);
/// The threads of all of them.
std::vector<pid_t> threadsOf(const std::vector<pid_t>& processes);

/// CPU time, user and system, of all of them together, with that of children that they waited for;
/// in steps of the system's clock tick (10 ms).
double cpuSeconds(pid_t root);

struct MemoryReadings {
  std::size_t resident = 0;      ///< bytes; what they share counts in each
  std::size_t proportional = 0;  ///< bytes; what is shared counts in parts (PSS)
};
MemoryReadings memoryOf(pid_t root);

}  // namespace skiff::bench
