#pragma once

#include <chrono>
#include <cstdint>

#include "config/byte_size.h"

namespace skiff {

enum class CompilePriority : std::uint8_t {
  normal,   ///< as the daemon's own threads: while nothing is served yet
  lowered,  ///< gives way to what serves, yet gets a tenth of a processor
};

/// What compiling one module may take. The defaults leave room for the largest programs there are
/// (a JavaScript engine, 60 MB of machine code: 20 s of CPU time, 0.5 GiB), which grow with the
/// number of functions; what is out of proportion is a single function: the engine's optimiser
/// takes some 300 bytes of memory for each byte of it, and a thousand and more in a hostile one.
struct CompileLimits {
  ByteSize memory = 2_GiB;  ///< beside what the engine has before it begins
  std::chrono::seconds cpu{120};
  std::chrono::milliseconds wall{300'000};
  ByteSize native = 512_MiB;  ///< the machine code that comes out
  CompilePriority priority = CompilePriority::normal;
};

}  // namespace skiff
