#pragma once

#include <signal.h>

#include <functional>

#include "config/result.h"

namespace skiff {

/// What threads that block signals must leave unblocked: see onEveryThread().
inline int everyThreadSignal() {
  return SIGRTMAX - 1;
}

/// Calls `step` on every thread of this process, and on those that they start meanwhile. For what
/// the kernel keeps for each thread though it is meant for the process, such as its capabilities.
/// Those that others start later take it over from them.
///
/// `step` runs in a signal handler, on several threads at once: it may make system calls and use
/// atomics, nothing else. It returns 0 or an errno; the first that is not 0 is the error. So is a
/// thread that does not answer within two seconds, for it blocks everyThreadSignal(). One call at a
/// time. Throws if /proc is out of reach.
Result<void> onEveryThread(const std::function<int()>& step);

}  // namespace skiff
