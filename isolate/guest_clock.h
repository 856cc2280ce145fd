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
    stands_.reset();
  }

  std::chrono::nanoseconds realTime() {  ///< since 1970
    return kind_ == ClockKind::frozen ? stand().real : told(environment_.realTime());
  }
  std::chrono::nanoseconds monotonicTime() {  ///< since some fixed moment
    return kind_ == ClockKind::frozen ? stand().monotonic : told(environment_.monotonicTime());
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

  struct Standing {
    std::chrono::nanoseconds real;
    std::chrono::nanoseconds monotonic;
  };
  /// Both at once: two clocks that were stopped by looks at different moments would tell, by how
  /// far they are apart, how much time lies between those.
  const Standing& stand() {
    if (!stands_) {
      const std::chrono::nanoseconds late = behind();
      stands_ = {environment_.realTime() - late, environment_.monotonicTime() - late};
    }
    return *stands_;
  }
  std::chrono::nanoseconds told(std::chrono::nanoseconds now) const {
    return kind_ == ClockKind::coarse ? now - now % kCoarse : now;
  }

  HostEnvironment& environment_;
  const ClockKind kind_;
  std::uint64_t stoodAt_;  ///< in cycles; read as a time only by who asks
  std::optional<Standing> stands_;
};

}  // namespace skiff
