#pragma once

#include <sys/types.h>

namespace skiff {

/// The thread that carries no shard: it gives way to those that do at once, and yet gets about a
/// tenth of a processor from the kernel, however busy they are. Best effort; a thread without
/// privileges cannot take it back. Any thread of the process.
void lowerPriority(pid_t thread);

/// The calling thread runs often and briefly: the kernel lets it go before threads that run long.
/// It costs those nothing. Best effort (Linux 6.12 and later).
void preferShortSlices();

/// For a moment's busy waiting.
inline void pauseProcessor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace skiff
