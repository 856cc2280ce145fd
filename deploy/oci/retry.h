#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string_view>

#include "deploy/oci/limits.h"

namespace skiff {

/// What a Retry-After field asks for, in either of its forms (RFC 9110, section 10.2.3). `now` is
/// the system's time. A moment that is over gives 0.
std::optional<std::chrono::seconds> parseRetryAfter(std::string_view field,
                                                    std::chrono::system_clock::time_point now);

/// Counts the tries of one request, and waits between them. One thread.
class Retry {
 public:
  Retry(const PullLimits& limits, const PullPatience& patience);

  /// Waits for the next try; false if there is none: they are used up, the server asks for a longer
  /// pause than is allowed, or it would be beyond the caller's patience.
  bool wait(std::optional<std::chrono::seconds> asked);
  /// The last try got on with it: it does not count.
  void forgive() { failures_ = 0; }

 private:
  PullLimits limits_;
  PullPatience patience_;
  unsigned failures_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace skiff
