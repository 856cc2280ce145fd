#include "bench/compare/figures.h"

#include <algorithm>

namespace skiff::bench {
namespace {

const Row* find(const std::vector<Row>& rows, const std::string& name) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const Row& candidate) { return candidate.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

Spread spreadOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

double valueOf(const Run& run, Metric metric) {
  switch (metric) {
    case Metric::requestsPerSecond:
      return run.requestsPerSecond;
    case Metric::p50:
      return run.p50;
    case Metric::p99:
      return run.p99;
    case Metric::cpu:
      return run.cpu;
    case Metric::resident:
      return static_cast<double>(run.resident) / (1 << 20);
  }
  return 0;
}

std::vector<double> valuesOf(const Row& row, Metric metric) {
  std::vector<double> values;
  for (const Run& run : row.runs) values.push_back(valueOf(run, metric));
  return values;
}

std::optional<Judged> judge(const Aim& aim, const std::vector<Row>& rows) {
  const Row* row = find(rows, aim.row);
  const Row* other = find(rows, aim.other);
  if (!row || (!other && !aim.other.empty())) return std::nullopt;
  std::vector<double> values = valuesOf(*row, aim.metric);
  for (std::size_t i = 0; other && i < values.size(); ++i) {
    values[i] /= valueOf(other->runs[i], aim.metric);
  }
  Judged judged{spreadOf(values)};
  const double distance = (judged.value.median - aim.target) / aim.target;
  judged.met = aim.bound == Bound::atLeast ? distance >= 0 : distance <= 0;
  judged.missedBy = judged.met ? 0 : std::abs(distance);
  return judged;
}

}  // namespace skiff::bench
