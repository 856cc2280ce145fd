#pragma once

#include <algorithm>
#include <chrono>

namespace skiff {

/// Whether an app's next activation is likely to overrun, judged by those before it: a score that
/// overruns raise and short activations lower. One overrun among many short activations says
/// little, two in a row much. One thread.
class OverrunForecast {
 public:
  using Clock = std::chrono::steady_clock;
  /// What an activation may take before it counts as an overrun.
  static constexpr std::chrono::milliseconds kSlice{1};

  void record(std::chrono::nanoseconds cpu, Clock::time_point now) {
    average_ += (cpu - average_) / 8;
    if (cpu < kSlice) {
      score_ = std::max(0, score_ - 1);
    } else {
      score_ = std::min(kHighest, score_ + kOverrun);
      last_ = now;
    }
  }
  bool mayOverrun(Clock::time_point now) const {
    return score_ >= kLikely && now - last_ < kForgotten;
  }
  /// Its activations take so little, on average, that it matters to nobody who is first.
  bool isBrief() const { return average_ < kBrief; }

 private:
  static constexpr int kOverrun = 10;
  static constexpr int kLikely = 15;
  static constexpr int kHighest = 40;
  static constexpr std::chrono::seconds kForgotten{10};

  static constexpr std::chrono::microseconds kBrief{100};

  std::chrono::nanoseconds average_{};
  int score_ = 0;
  Clock::time_point last_{};
};

}  // namespace skiff
