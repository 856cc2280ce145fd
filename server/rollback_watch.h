#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "server/app_spec.h"

namespace skiff {

/// How many requests there were, and how many of them failed.
struct FailureCount {
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;

  double rate() const {
    return requests == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(requests);
  }
  FailureCount operator-(const FailureCount& before) const {
    return {requests - before.requests, failed - before.failed};
  }
  FailureCount& operator+=(const FailureCount& more) {
    requests += more.requests;
    failed += more.failed;
    return *this;
  }
};

/// Judges one deployment: whether its new versions fail more often than the old ones. Looks at the
/// counts over a sliding window. One thread.
class RollbackWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// `baseline`: what the old versions came to before, for the time in which they get too few.
  RollbackWatch(AutoRollback rule, FailureCount baseline) : rule_(rule), baseline_(baseline) {}

  /// The counts since the start of the new versions and of the old ones that still get traffic.
  /// What is wrong, as one sentence, if the new ones are to be taken back.
  std::optional<std::string> look(Clock::time_point now, const FailureCount& fresh,
                                  const FailureCount& old);
  /// It has gone on for long, and the new versions are old ones by now: what fails from here on is
  /// not for being new.
  bool isOver(Clock::time_point now) const;

 private:
  struct Sample {
    Clock::time_point time;
    FailureCount fresh;
    FailureCount old;
  };

  const AutoRollback rule_;
  const FailureCount baseline_;
  std::deque<Sample> samples_;  ///< of the window, the oldest first
  std::optional<Clock::time_point> since_;
  FailureCount first_;   ///< of the new ones, then
  FailureCount latest_;  ///< and now
};

}  // namespace skiff
