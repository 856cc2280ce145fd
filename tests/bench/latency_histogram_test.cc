#include "bench/coldstart/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace skiff::bench {
namespace {

constexpr double kError = 1.0 / 128;

TEST(ALatencyHistogram, OfNothingIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.at(0.5), 0);
  EXPECT_EQ(histogram.max(), 0);
}

TEST(ALatencyHistogram, IsExactForSmallValues) {
  for (std::int64_t value = 0; value < 256; ++value) {
    LatencyHistogram histogram;
    histogram.record(value);
    histogram.record(1'000);
    EXPECT_EQ(histogram.at(0.5), value);
  }
}

TEST(ALatencyHistogram, IsWithinItsErrorAtEveryMagnitude) {
  std::mt19937_64 random(1);
  for (int bits = 8; bits < 63; ++bits) {
    for (int i = 0; i < 200; ++i) {
      const auto low = std::int64_t{1} << bits;
      const std::int64_t value =
          std::uniform_int_distribution<std::int64_t>(low, 2 * (low - 1) + 1)(random);
      LatencyHistogram histogram;
      histogram.record(value);
      histogram.record(std::numeric_limits<std::int64_t>::max());
      EXPECT_GE(histogram.at(0.5), value);
      EXPECT_LE(static_cast<double>(histogram.at(0.5)), static_cast<double>(value) * (1 + kError));
    }
  }
}

TEST(ALatencyHistogram, GivesThePercentilesThatSortingGives) {
  std::mt19937 random(1);
  std::lognormal_distribution<> latency(12, 1.5);
  LatencyHistogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<std::int64_t>(latency(random)));
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double quantile : {0.001, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(quantile * 10'000) - 1]);
    const auto told = static_cast<double>(histogram.at(quantile));
    EXPECT_GE(told, exact) << quantile;
    EXPECT_LE(told, exact * (1 + kError)) << quantile;
  }
  EXPECT_EQ(histogram.at(1), values.back());
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.count(), 10'000u);
}

TEST(ALatencyHistogram, ShowsOneStragglerInTheLastPercentileOnly) {
  LatencyHistogram histogram;
  for (int i = 0; i < 999; ++i) histogram.record(100);
  histogram.record(1'000'000);
  EXPECT_EQ(histogram.at(0.999), 100);
  EXPECT_EQ(histogram.at(0.9991), 1'000'000);
}

TEST(ALatencyHistogram, CountsWhatIsBelowZeroAsZero) {
  LatencyHistogram histogram;
  histogram.record(-5);
  EXPECT_EQ(histogram.at(1), 0);
}

}  // namespace
}  // namespace skiff::bench
