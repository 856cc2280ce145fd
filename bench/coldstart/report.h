#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/coldstart/latency_histogram.h"
#include "bench/coldstart/open_loop.h"
#include "bench/machine.h"

namespace skiff::bench {

/// What one measurement came to: a histogram of each part of the latency, the total first.
struct Scenario {
  std::string name;  ///< "hello, warm code cache"
  std::string server;
  double rate = 0;  ///< arrivals a second; 0: one after the other
  std::size_t requests = 0;
  std::size_t failures = 0;  ///< not answered with 200; not in the histograms
  double cpu = 0;  ///< microseconds of CPU time that the server used a request; 0: unknown
  std::vector<std::pair<std::string, LatencyHistogram>> parts;
};

/// Sums up what an open loop came to. "rest" is what neither connecting nor the server's steps
/// explain: the kernel's way there and back, and waking up.
Scenario summarise(std::string server, std::string name, double rate,
                   const std::vector<Visit>& visits);

/// A table of percentiles in milliseconds.
void print(const Scenario& scenario);
/// The same as JSON, in nanoseconds, with what it was measured on. Throws if it cannot.
void writeJson(const std::string& file, const Machine& machine,
               const std::vector<Scenario>& scenarios);

}  // namespace skiff::bench
