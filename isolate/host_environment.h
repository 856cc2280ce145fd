#pragma once

#include <chrono>
#include <cstddef>
#include <span>

namespace skiff {

/// Entropy and time, injected so that tests can drive them.
class HostEnvironment {
 public:
  virtual ~HostEnvironment() = default;
  virtual void randomBytes(std::span<std::byte> into) = 0;
  virtual std::chrono::nanoseconds realTime() = 0;       ///< since 1970
  virtual std::chrono::nanoseconds monotonicTime() = 0;  ///< since some fixed moment
};

/// The real ones: getrandom(2) and the system's clocks.
HostEnvironment& systemEnvironment();

}  // namespace skiff
