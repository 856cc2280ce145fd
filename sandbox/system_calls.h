#pragma once

#include <sys/types.h>

#include <vector>

#include "config/result.h"

namespace skiff {

/// Leaves all threads of this process with the system calls that skiffd needs once it serves
/// (seccomp); any other fails with EPERM. No program can be started and no process made; no socket
/// can be bound to an address, none be made but of TCP and UDP; no other process can be sent a
/// signal; there is no tracing, no mounting, no other namespace or user. It can only be narrowed.
/// The kernel keeps a note of those calls that are allowed whatever their arguments are, so that
/// they cost nothing (Linux 5.11).
Result<void> keepServingCalls();

/// The same for a process that computes: memory, clocks, what its threads need to wait for each
/// other, and reading and writing what is open. `threads`: all that it has, and will have; it may
/// signal and schedule no others.
Result<void> keepComputingCalls(const std::vector<pid_t>& threads);

}  // namespace skiff
