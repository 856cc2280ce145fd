#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skiff {

/// Where a request's time in the server goes, for the header field Server-Timing (W3C Server
/// Timing, 2023): each moment belongs to one step, so the steps' times sum to no more than the
/// whole. One thread at a time.
class ServerTiming {
 public:
  enum class Step : std::uint8_t {
    route,        ///< from the head's arrival until it is known whose guest answers
    queue,        ///< waits for a place, an instance, a turn, or a thread
    isolate,      ///< gets a blank isolate, and enters it
    module,       ///< has the module loaded: read, checked, its machine code restored or made
    instantiate,  ///< makes the instance
    init,         ///< brings it into its pristine state
    guest,        ///< the guest runs, or waits for what it asked for, until the head is sent
  };
  static constexpr std::string_view kField = "Server-Timing";

  /// It is in the step `route`, and has been for so long.
  explicit ServerTiming(std::chrono::nanoseconds sofar);

  /// From now on it is in this step; one may be entered several times.
  void enter(Step step);
  /// Of the time that was counted to one step, so much belongs to another.
  void move(Step from, Step to, std::chrono::nanoseconds time);
  /// Appends the steps that took time, up to now: "route;dur=0.012, guest;dur=0.105", in
  /// milliseconds.
  void write(std::string& out) const;

 private:
  static constexpr std::size_t kSteps = 7;

  std::chrono::nanoseconds& of(Step step) { return times_[static_cast<std::size_t>(step)]; }

  std::array<std::chrono::nanoseconds, kSteps> times_{};
  std::uint64_t entered_;  ///< the cycle counter then
  Step step_ = Step::route;
};

}  // namespace skiff
