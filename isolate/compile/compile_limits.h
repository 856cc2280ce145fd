#pragma once

#include <chrono>
#include <cstdint>

#include "config/byte_size.h"

namespace skiff {

enum class CompilePriority : std::uint8_t {
  normal,   ///< as the daemon's own threads: while nothing is served yet
  lowered,  ///< gives way to what serves, yet gets a tenth of a processor
};

/// What compiling one module may take. Functions are optimised one after the other, so a large
/// program takes long rather than much memory (SQLite's shell: 3.5 s of CPU time, 120 MiB); what
/// takes much is one large function: from 300 bytes for each of its bytes (loops) to 7,500 (loops
/// beside 50,000 locals).
struct CompileLimits {
  ByteSize memory = 2_GiB;  ///< beside what the engine has before it begins
  std::chrono::seconds cpu{120};
  std::chrono::milliseconds wall{300'000};
  ByteSize native = 256_MiB;  ///< the machine code that comes out, which the daemon holds twice
  CompilePriority priority = CompilePriority::normal;
};

}  // namespace skiff
