#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace skiff {

/// Appends what Prometheus' clients customarily say of the process: process_cpu_seconds_total,
/// process_resident_memory_bytes, process_virtual_memory_bytes, process_start_time_seconds,
/// process_open_fds, process_max_fds, process_threads. Read from /proc/self; what cannot be read is
/// left out. Any thread.
void collectProcessMetrics(std::vector<prometheus::MetricFamily>& families);

}  // namespace skiff
