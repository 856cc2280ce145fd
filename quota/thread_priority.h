#pragma once

#include <sys/types.h>

#include <cstddef>

namespace skiff {

/// The thread carries no shard: it gives way to those that do, and yet gets about a tenth of a
/// processor from the kernel, however busy they are. Best effort; a thread without
/// privileges cannot take it back. Any thread of the process.
void lowerPriority(pid_t thread);

/// The calling thread runs often and briefly: it may interrupt those of lowered priority as soon as
/// it wakes up. Threads that it makes are like it. Best effort (Linux 6.12 and later).
void preferShortSlices();

/// The calling thread goes before all others as soon as it wakes up, if the process may have that
/// (SCHED_FIFO); else it prefers short slices. For one that uses little. Threads that it makes are
/// not like it.
void goFirst();

/// What threads beside the shards do.
enum class Background {
  awaited,  ///< a request waits for it
  ahead,    ///< nobody waits for it yet
};

/// The calling thread may be interrupted by a shard's as soon as that wakes up, and one whose work
/// is ahead of time by one that is awaited. That one keeps its share of the processor, and work
/// ahead of time a quarter of it: whoever waits for a lock that it holds must not wait for long.
/// Best effort (Linux 6.12 and later).
void letBeInterrupted(Background background);

/// For a moment's busy waiting.
inline void pauseProcessor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// How many processors this process may use: what its affinity says, at least 1.
std::size_t usableProcessors();

}  // namespace skiff
