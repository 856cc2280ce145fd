#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "quota/reason.h"

namespace skiff {

/// A count with one writer at a time and any number of readers: a plain load, add and store, which
/// costs no locked instruction. REQUIRES: writers follow one another (a shard and whoever takes it
/// over), as for all of a shard's state.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Upper bounds of `skiff_request_duration_seconds`.
inline constexpr std::array<std::chrono::microseconds, 17> kRequestBuckets{
    std::chrono::microseconds(50),        std::chrono::microseconds(100),
    std::chrono::microseconds(250),       std::chrono::microseconds(500),
    std::chrono::microseconds(1'000),     std::chrono::microseconds(2'500),
    std::chrono::microseconds(5'000),     std::chrono::microseconds(10'000),
    std::chrono::microseconds(25'000),    std::chrono::microseconds(50'000),
    std::chrono::microseconds(100'000),   std::chrono::microseconds(250'000),
    std::chrono::microseconds(500'000),   std::chrono::microseconds(1'000'000),
    std::chrono::microseconds(2'500'000), std::chrono::microseconds(10'000'000),
    std::chrono::microseconds(30'000'000)};

/// Upper bounds of `skiff_cold_start_seconds`.
inline constexpr std::array<std::chrono::microseconds, 13> kColdStartBuckets{
    std::chrono::microseconds(10),       std::chrono::microseconds(25),
    std::chrono::microseconds(50),       std::chrono::microseconds(100),
    std::chrono::microseconds(250),      std::chrono::microseconds(500),
    std::chrono::microseconds(1'000),    std::chrono::microseconds(2'500),
    std::chrono::microseconds(5'000),    std::chrono::microseconds(10'000),
    std::chrono::microseconds(50'000),   std::chrono::microseconds(250'000),
    std::chrono::microseconds(1'000'000)};

/// Upper bounds of `skiff_interrupt_latency_seconds`.
inline constexpr std::array<std::chrono::microseconds, 9> kInterruptBuckets{
    std::chrono::microseconds(100),    std::chrono::microseconds(250),
    std::chrono::microseconds(500),    std::chrono::microseconds(1'000),
    std::chrono::microseconds(2'000),  std::chrono::microseconds(5'000),
    std::chrono::microseconds(10'000), std::chrono::microseconds(50'000),
    std::chrono::microseconds(250'000)};

/// A histogram of durations over fixed bounds. Each bucket holds its own share only; they are
/// summed up when read. Threads: as Counter.
template <std::size_t Bounds>
class DurationCounts {
 public:
  /// Negative durations count as zero.
  void record(const std::array<std::chrono::microseconds, Bounds>& bounds,
              std::chrono::nanoseconds duration) {
    duration = std::max(duration, std::chrono::nanoseconds(0));
    const auto* bound = std::lower_bound(bounds.data(), bounds.data() + Bounds, duration);
    buckets_[static_cast<std::size_t>(bound - bounds.data())].add();
    nanoseconds_.add(static_cast<std::uint64_t>(duration.count()));
  }

  /// `index` == Bounds: above the last bound.
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].value(); }
  std::uint64_t sumNanoseconds() const { return nanoseconds_.value(); }

 private:
  std::array<Counter, Bounds + 1> buckets_;
  Counter nanoseconds_;
};

/// Requests by status and reason, in a small flat array. Statuses that are in common use have their
/// own place; others are counted by class ("2xx"). With a reason: the reason's own status, 200, or
/// the class of what had been sent before the request failed. Threads: as Counter.
class StatusCounts {
 public:
  static constexpr std::size_t kNamedStatuses = 57;
  static constexpr std::size_t kClasses = 4;                     ///< 2xx to 5xx
  static constexpr std::size_t kPlacesPerReason = 2 + kClasses;  ///< own, 200, classes
  static constexpr std::size_t kPlaces =
      kNamedStatuses + kClasses + (kReasonCount - 1) * kPlacesPerReason;

  void record(int status, Reason reason) { places_[placeOf(status, reason)].add(); }
  std::uint64_t value(std::size_t place) const { return places_[place].value(); }

  /// Total: statuses outside 200 to 599 count as the nearest class.
  static std::size_t placeOf(int status, Reason reason);
  /// "200", "4xx": the label of a place. Static storage.
  static std::string_view statusLabel(std::size_t place);
  static Reason reasonOf(std::size_t place);

 private:
  std::array<Counter, kPlaces> places_;
};

}  // namespace skiff
