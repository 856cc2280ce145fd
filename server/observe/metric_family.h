#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace skiff {

// Internal to this folder: how what was counted becomes Prometheus' families.

using MetricLabels = std::vector<prometheus::ClientMetric::Label>;

inline prometheus::MetricFamily& addFamily(std::vector<prometheus::MetricFamily>& families,
                                           std::string name, std::string help,
                                           prometheus::MetricType type) {
  prometheus::MetricFamily& family = families.emplace_back();
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  return family;
}

/// Of a counter or a gauge, as the family says.
inline void addSample(prometheus::MetricFamily& family, MetricLabels labels, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  if (family.type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

}  // namespace skiff
