#pragma once

#include "isolate/host_function.h"

namespace skiff {

/// The namespace "wasi_snapshot_preview1": all 46 functions of WASI preview 1, with the signatures
/// of its witx, so that every program instantiates. A program sees its arguments, its environment,
/// the two clocks, randomness, the standard streams and the granted directories; nothing else.
///
/// Where the specification leaves room:
///  - addresses outside memory answer `fault`; nothing traps;
///  - file names are bytes, not checked for UTF-8;
///  - a missing right answers `notcapable`, and so does a path that leads out of its directory;
///  - path_open refuses `fd_read` and `fd_write` that the directory does not grant, and takes all
///    other rights away silently, since libraries ask for more than they need;
///  - only regular files and directories can be opened; sockets do not exist (`notsock`);
///  - a call moves at most 1 MiB to or from a file and then answers a short count;
///  - proc_raise ends the program as a trap, but for signals that are ignored by default.
const HostModule& wasiModule();

}  // namespace skiff
