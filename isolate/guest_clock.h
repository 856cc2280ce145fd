#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "config/config.h"
#include "isolate/host_environment.h"
#include "quota/cycle_clock.h"

namespace skiff {

/// The time as a guest may know it. A clock that stands still while the guest computes tells it
/// nothing of how long that took, and so nothing of what other tenants left in the caches. One
/// thread.
class GuestClock {
 public:
  /// Stands at the present, if it is one that stands. REQUIRES: the environment outlives it.
  GuestClock(HostEnvironment& environment, ClockKind kind)
      : environment_(environment), kind_(kind), stoodAt_(readCycles()) {}

  /// The guest has waited: a clock that stands goes on to the present.
  void moveOn() {
    stoodAt_ = readCycles();
    real_.reset();
    monotonic_.reset();
  }

  std::chrono::nanoseconds realTime() {  ///< since 1970
    return told(environment_.realTime(), real_);
  }
  std::chrono::nanoseconds monotonicTime() {  ///< since some fixed moment
    return told(environment_.monotonicTime(), monotonic_);
  }
  /// How far it is behind the system's.
  std::chrono::nanoseconds behind() const {
    if (kind_ != ClockKind::frozen) return {};
    return cyclesToTime(readCycles() - stoodAt_);
  }
  std::chrono::nanoseconds resolution() const {
    return kind_ == ClockKind::coarse ? kCoarse : std::chrono::nanoseconds(1);
  }

 private:
  static constexpr std::chrono::nanoseconds kCoarse = std::chrono::milliseconds(1);

  std::chrono::nanoseconds told(std::chrono::nanoseconds now,
                                std::optional<std::chrono::nanoseconds>& stands) const {
    switch (kind_) {
      case ClockKind::frozen:
        if (!stands) stands = now - behind();
        return *stands;
      case ClockKind::coarse:
        return now - now % kCoarse;
      case ClockKind::precise:
        break;
    }
    return now;
  }

  HostEnvironment& environment_;
  const ClockKind kind_;
  std::uint64_t stoodAt_;  ///< in cycles; read as a time only by who asks
  std::optional<std::chrono::nanoseconds> real_;
  std::optional<std::chrono::nanoseconds> monotonic_;
};

}  // namespace skiff
