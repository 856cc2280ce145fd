#pragma once

#include <chrono>
#include <cstdint>

#include "server/http/http_limits.h"

namespace skiff {

/// So much of something in a period, and no more. Gains what work that was done allows.
class Allowance {
 public:
  static constexpr std::chrono::seconds kPeriod{10};
  using Time = std::chrono::steady_clock::time_point;

  explicit Allowance(std::uint32_t most) : most_(most), left_(most) {}

  /// False if there is none left.
  bool take(Time now) {
    if (now - since_ >= kPeriod) {
      left_ = most_;
      since_ = now;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  void give(std::uint32_t count) { left_ = left_ < most_ ? left_ + count : left_; }

 private:
  std::uint32_t most_;
  std::uint64_t left_;
  Time since_{};
};

/// What a client of HTTP/2 may do without use before it is cut off: streams that are reset, by it
/// or because of it ("rapid reset", CVE-2023-44487), and frames that bring nothing and take nothing
/// away (SETTINGS, PING, PRIORITY, WINDOW_UPDATE, empty DATA, unknown ones). One thread.
class FloodGuard {
 public:
  /// Frames without use that each request and each DATA frame with something in it, of either side,
  /// allow: a client that takes an answer sends WINDOW_UPDATEs.
  static constexpr std::uint32_t kFramesForWork = 4;

  explicit FloodGuard(const Http2Limits& limits)
      : resets_(limits.resets), frames_(limits.controlFrames) {}

  bool admitReset() { return resets_.take(std::chrono::steady_clock::now()); }
  bool admitFrame() { return frames_.take(std::chrono::steady_clock::now()); }
  void noteWork() { frames_.give(kFramesForWork); }

 private:
  Allowance resets_;
  Allowance frames_;
};

}  // namespace skiff
