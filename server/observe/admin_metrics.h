#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstddef>
#include <vector>

#include "server/observe/counters.h"
#include "server/tls/tls_words.h"

namespace skiff {

/// What the admin listener has done. One thread writes, that of the listener; any may collect.
class AdminMetrics {
 public:
  /// An answer's head goes out. `status`: from 100 to 599; anything else is not counted.
  void recordAnswer(unsigned status);
  void recordHandshake(HandshakeOutcome outcome);

  /// `skiff_admin_requests_total` and `skiff_admin_tls_handshakes_total`. What never happened has
  /// no series.
  void collect(std::vector<prometheus::MetricFamily>& families) const;

 private:
  static constexpr unsigned kFirstStatus = 100;

  std::array<Counter, 500> answers_;
  std::array<Counter, kHandshakeOutcomeCount> handshakes_;
};

}  // namespace skiff
