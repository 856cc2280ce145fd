#pragma once

#include <cstdint>
#include <filesystem>

#include "bench/compare/load_shape.h"

namespace skiff::bench {

/// What wrk saw of one run. Latencies are those of the requests that were answered.
struct WrkReport {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;  ///< answers that were not 2xx or 3xx, and errors of sockets
  double seconds = 0;
  double p50 = 0;  ///< microseconds
  double p99 = 0;  ///< microseconds
};

/// Loads 127.0.0.1:`port` with wrk. `folder` is for its script. Throws if wrk does not run to its
/// end.
WrkReport runWrk(const LoadShape& shape, std::uint16_t port, double seconds,
                 const std::filesystem::path& folder);

}  // namespace skiff::bench
