#pragma once

#include "bench/compare/workload.h"

namespace skiff::bench {

/// The workloads that the catalogue consists of, each in the file that is named so.
Workload hello(const Places& places);
Workload helloClose(const Places& places);
Workload compute(const Places& places);
Workload json(const Places& places);
Workload stream(const Places& places);
Workload staticFiles(const Places& places);
Workload handler(const Places& places);
enum class Choice { uniform, zipf };
Workload manyTenants(const Places& places, std::size_t apps, Choice choice);
Workload deployStorm(const Places& places);
Workload scalingConnections(const Places& places);
Workload scalingShards(const Places& places);
Workload scalingTenants(const Places& places);

}  // namespace skiff::bench
