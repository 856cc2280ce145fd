#pragma once

#include <optional>

#include "bench/compare/compare.h"

namespace skiff::bench {

/// The middle of several runs, and the least and the most of them.
struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};
Spread spreadOf(std::vector<double> values);

/// A metric of a run; resident memory in MiB.
double valueOf(const Run& run, Metric metric);
std::vector<double> valuesOf(const Row& row, Metric metric);

/// An aim and what came of it: over the rounds' quotients, if it speaks of two rows.
struct Judged {
  Spread value;
  bool met = false;
  /// How much is missing, as a part of the target; 0 if it is met.
  double missedBy = 0;
};
/// Nothing if a row that it speaks of was not measured.
std::optional<Judged> judge(const Aim& aim, const std::vector<Row>& rows);

}  // namespace skiff::bench
