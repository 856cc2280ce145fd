#include "bench/coldstart/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace skiff::bench {
namespace {

constexpr int kPartBits = 7;
constexpr std::uint64_t kParts = std::uint64_t{1} << kPartBits;
/// Those below 2 * kParts have a bucket each, then each power of two has kParts.
constexpr std::size_t kBuckets = (64 - kPartBits) * kParts;

std::size_t bucketOf(std::uint64_t value) {
  if (value < kParts) return value;
  const int shift = std::bit_width(value) - 1 - kPartBits;
  return (static_cast<std::size_t>(shift) << kPartBits) + (value >> shift);
}

/// The largest value that falls into it.
std::uint64_t topOf(std::size_t bucket) {
  if (bucket < 2 * kParts) return bucket;
  const std::size_t shift = (bucket >> kPartBits) - 1;
  const std::uint64_t part = (bucket & (kParts - 1)) + kParts;
  return ((part + 1) << shift) - 1;
}

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(kBuckets) {}

void LatencyHistogram::record(std::int64_t nanoseconds) {
  const std::int64_t value = std::max<std::int64_t>(0, nanoseconds);
  ++buckets_[bucketOf(static_cast<std::uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
}

std::int64_t LatencyHistogram::at(double quantile) const {
  if (count_ == 0) return 0;
  const auto wanted = std::clamp<std::uint64_t>(
      static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_))), 1, count_);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += buckets_[bucket]) < wanted) ++bucket;
  return std::min(max_, static_cast<std::int64_t>(topOf(bucket)));
}

}  // namespace skiff::bench
