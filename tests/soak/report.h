#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace skiff::soak {

using Clock = std::chrono::steady_clock;

/// What a soak did and what it found wrong. Callable from any thread.
class Report {
 public:
  explicit Report(std::uint64_t seed) : seed_(seed), begin_(Clock::now()) {}

  /// One more of an activity ("versions deployed").
  void count(std::string_view activity, std::size_t more = 1);
  /// Without so many of it, the soak has not done what it is for.
  void expect(std::string_view activity, std::size_t minimum);
  std::size_t counted(std::string_view activity) const;

  /// An invariant does not hold: printed at once, with seed and time. `asked`: the exact request.
  void violation(std::string_view what, std::string_view asked = {});
  /// Something was not answered, or not in time: a violation, unless the whole machine stood still
  /// just before (all processes stopped, a suspended host), when clients and daemon give each other
  /// up. Then it is only told.
  void failure(std::string_view what, std::string_view asked = {});
  std::size_t violations() const { return violations_; }

  /// To be called ten times a second: a gap is a standstill.
  void tick();
  /// How long the machine stood still, in all.
  std::chrono::milliseconds stoodStill() const;

  /// The table of counts; true if there was enough of everything.
  bool printCounts() const;
  std::chrono::milliseconds elapsed() const;
  std::uint64_t seed() const { return seed_; }

 private:
  struct Activity {
    std::size_t count = 0;
    std::size_t minimum = 0;
  };
  void print(const char* kind, std::string_view what, std::string_view asked) const;

  const std::uint64_t seed_;
  const Clock::time_point begin_;
  mutable std::mutex mutex_;
  std::map<std::string, Activity, std::less<>> activities_;
  Clock::time_point lastTick_ = Clock::now();
  Clock::time_point excusedUntil_{};
  Clock::duration stoodStill_{0};
  std::size_t excused_ = 0;
  std::atomic<std::size_t> violations_{0};
};

/// Bytes as text on one line, cut where it gets long.
std::string shown(std::string_view bytes, std::size_t most = 300);

}  // namespace skiff::soak
