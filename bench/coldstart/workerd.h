#pragma once

#include <string>
#include <vector>

#include "bench/coldstart/report.h"

namespace skiff::bench {

/// workerd beside it, as far as it has a cold start: it loads all its workers when it starts.
/// `program`: its executable.
class Workerd {
 public:
  explicit Workerd(std::string program) : program_(std::move(program)) {}

  /// From exec to the first answer of its only worker, `times` times.
  Scenario measureStart(std::size_t times) const;
  /// One process with `services` workers, and each one's first request.
  Scenario measureFirstRequests(std::size_t services, double rate) const;

 private:
  const std::string program_;
};

}  // namespace skiff::bench
