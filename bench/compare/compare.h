#pragma once

#include "bench/compare/workload.h"

namespace skiff::bench {

struct Row {
  std::string name;
  std::vector<Run> runs;         ///< one for each round
  const Point* point = nullptr;  ///< of the outcome's workload
};

struct Outcome {
  const Workload* workload;
  std::vector<Row> rows;
};

struct Rounds {
  int count = 5;
  double seconds = 5;  ///< of each run
};

/// Starts all contestants, checks that they answer the same bytes, warms them up, and measures them
/// in turns, round after round: what disturbs the machine disturbs all. Prints as it goes. Throws
/// if one answers something else, or fails.
Outcome compare(const Workload& workload, const Rounds& rounds);

}  // namespace skiff::bench
