#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/compare/affinity.h"

namespace skiff::bench {

/// A request that the load may send.
struct LoadRequest {
  std::string host;
  std::string target = "/";
  std::string method = "GET";
  std::string body = {};  ///< sent if not empty, as `type`
  std::string type = "application/octet-stream";
  double weight = 1;  ///< its part, relative to that of the others
};

enum class Connections { kept, closed };

/// What is asked, and how many at a time ask.
struct LoadShape {
  std::vector<LoadRequest> requests;
  std::size_t connections = 64;
  Connections between = Connections::kept;
  std::size_t threads = 1;                 ///< that share the connections
  Processors processors = kLoadProcessor;  ///< of the threads
};

}  // namespace skiff::bench
