#pragma once

#include <string>
#include <vector>

#include "sandbox/path_rules.h"

namespace skiff {

/// What of its sandbox a process is held by, and why not by the rest.
struct SandboxReport {
  std::vector<std::string> missing;  ///< sentences; empty: it is whole
  std::string held;                  ///< what it is held by, for a log
  int landlock = 0;                  ///< its version; 0: paths are not restricted
};

/// Gives up, for the whole process and for good, what a daemon that has opened its listeners no
/// longer needs, so that whoever gains control of it, by a fault of the engine's for example,
/// gains little:
///   - privileges: none are to be gained by starting programs, and all capabilities are dropped;
///   - paths: those of `grants` are left (PathRules);
///   - system calls: those of keepServingCalls() are left.
/// What the kernel does not offer is in the report; what it offers and refuses is the error, after
/// which the process must not serve. Call it before strangers' bytes are met, and after what needs
/// privileges. No other thread may call it meanwhile.
Result<SandboxReport> enterSandbox(const std::vector<PathGrant>& grants);

/// The capabilities alone. Like enterSandbox(), it opens /proc/self/task.
Result<void> giveUpCapabilities();

}  // namespace skiff
