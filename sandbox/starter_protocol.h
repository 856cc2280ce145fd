#pragma once

#include <cstddef>
#include <cstdint>

namespace skiff {

/// What a daemon asks of its starter (starter.h): messages of one byte that says what, and what
/// belongs to it. Each side takes the other for gone if it says anything else.
enum class StarterRequest : char {
  pass = 'p',       ///< descriptors, for the successor that is asked for next; no reply
  successor = 's',  ///< start it; with their names, as LISTEN_FDNAMES has them
  compiler = 'c',   ///< start a process that compiles; with one descriptor, its socket
  end = 'e',        ///< kill it; with the process, a std::int32_t; no reply
};

struct StarterReply {
  std::int32_t error = 0;     ///< an errno
  std::int32_t process = -1;  ///< the caller's child, also if it has ended at once with an error
};

// Where the starter finds what it is given, and the first of what it gives.
constexpr int kStarterSocket = 3;
constexpr int kStarterEngine = 4;  ///< the executable of processes that compile
constexpr int kFirstPassed = 3;

/// SCM_MAX_FD: of the kernel.
constexpr std::size_t kMostInMessage = 253;
constexpr std::size_t kMostPassed = 8'192;
constexpr std::size_t kLongestNames = std::size_t{128} << 10;

}  // namespace skiff
