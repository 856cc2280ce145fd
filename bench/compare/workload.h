#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/compare/load_shape.h"
#include "bench/compare/peer.h"
#include "bench/compare/places.h"

namespace skiff::bench {

/// What one run of one contestant gave. Times are microseconds.
struct Run {
  double requestsPerSecond = 0;
  double p50 = 0;
  double p99 = 0;
  double cpu = 0;                      ///< of the server's processes, per request
  double busy = 0;                     ///< the part of its processor that the server had
  std::optional<double> instructions;  ///< in user space, per request, where they can be counted
  std::size_t resident = 0;            ///< bytes, at the end
  std::size_t proportional = 0;        ///< bytes (PSS), at the end
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  std::optional<double> deploysPerSecond;  ///< of what went on beside it
};

/// What goes on beside the load of a run; ended by the destructor.
class Beside {
 public:
  virtual ~Beside() = default;
  /// Ends it, and notes what it did.
  virtual void finish(Run& run) = 0;
};

/// Where a row lies on a workload's curve, and the load that is put on it there.
struct Point {
  std::string line;   ///< of the plot
  std::size_t x = 0;  ///< on the workload's axis; those with the same answer alike
  LoadShape load;
};

/// One row of a workload's table.
struct Contestant {
  std::string name;
  std::function<std::unique_ptr<Peer>()> start;
  std::function<std::unique_ptr<Beside>(Peer&)> beside = {};
  std::optional<Point> point = {};  ///< REQUIRES: the workload has an axis
};

/// A row that is no server: measured by itself. `body` is to be what the others answer.
struct Solo {
  std::string name;
  std::function<Run(double seconds, std::string& body)> measure;
};

enum class Metric { requestsPerSecond, p50, p99, cpu, resident };
enum class Bound { atLeast, atMost };

/// What must be shown: a row's metric as a part of another row's of the same round; with no other
/// row, the metric itself.
struct Aim {
  std::string text;
  Metric metric;
  std::string row;
  std::string other;
  Bound bound;
  double target;
};

struct Workload {
  std::string name;
  std::string shows;  ///< one sentence
  LoadShape load;     ///< of all that have none of their own
  std::vector<Contestant> contestants;
  std::vector<Solo> solos = {};
  std::vector<Aim> aims = {};
  std::string axis = {};   ///< what its rows differ in, if they are the points of curves
  std::string asked = {};  ///< by whom; if empty, `load` says it
  std::string placed = "the server on one processor, the load on another";
};

/// The catalogue, in the order in which it runs.
std::vector<Workload> catalogue(const Places& places);

}  // namespace skiff::bench
