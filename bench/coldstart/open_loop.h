#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/coldstart/server_steps.h"

namespace skiff::bench {

/// Where a request goes, and its text.
struct Arrival {
  std::uint16_t port = 0;
  std::string request;
};

/// What became of one request; times in nanoseconds.
struct Visit {
  std::int64_t late = 0;       ///< from when it was due until it was begun
  std::int64_t connect = 0;    ///< until the connection was there
  std::int64_t firstByte = 0;  ///< from then until the answer began
  std::int64_t total = 0;      ///< from when it was due until the answer was complete
  ServerSteps steps{};         ///< what the server said
  int status = 0;              ///< 0: no answer came, or not in time
};

struct OpenLoop {
  double rate = 0;  ///< requests a second
  std::size_t count = 0;
  std::function<Arrival(std::size_t number)> arrival;
};

/// Sends each request when it is due, on a connection of its own, whatever has become of those
/// before, and counts from then: what keeps a request from being sent counts as its latency, so
/// nothing is coordinated with the server. While a request is due soon or under way the calling
/// thread spins, so that its own waking up does not count; it should have a processor to itself.
std::vector<Visit> runOpenLoop(const OpenLoop& plan);

}  // namespace skiff::bench
