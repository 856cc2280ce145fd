#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace skiff::bench {

/// Counts the instructions that threads execute in user space by stepping them one by one
/// (ptrace(2)): exact and without noise on any machine, a thousand times slower than life. Each
/// round of a repeated string instruction counts. For where no counter of the processor's can be
/// had; valgrind cannot run the daemon, whose compiling children need what it lacks.
struct SteppedThreads {
  pid_t process;
  std::vector<std::string> stepped;  ///< how their names begin
  std::vector<std::string> frozen;   ///< those that would take the slowness for a guest's
};

/// Steps them while `work` runs on a thread of its own, and until they rest; the instructions of
/// all. They run on as before afterwards. Throws if the system does not let us.
std::uint64_t countSteps(const SteppedThreads& threads, const std::function<void()>& work);

}  // namespace skiff::bench
