#pragma once

#include <cstdint>
#include <vector>

namespace skiff::bench {

/// Counts durations in nanoseconds, log-linear as HdrHistogram does: each power of two is divided
/// into 128 parts, so what it tells of a value is wrong by less than 1/128 of it, at any magnitude,
/// in 58 KiB.
class LatencyHistogram {
 public:
  LatencyHistogram();

  /// One below zero counts as zero.
  void record(std::int64_t nanoseconds);

  std::uint64_t count() const { return count_; }
  std::int64_t max() const { return max_; }  ///< exact
  /// The least value, to the next 1/128 above, that `quantile` (0 to 1) of those recorded do not
  /// exceed; 0 if there are none.
  std::int64_t at(double quantile) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace skiff::bench
