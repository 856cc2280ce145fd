#include "server/observe/admin_metrics.h"

#include <string>

#include "server/observe/metric_family.h"

namespace skiff {

using prometheus::MetricFamily;
using prometheus::MetricType;

void AdminMetrics::recordAnswer(unsigned status) {
  if (status < kFirstStatus || status - kFirstStatus >= answers_.size()) return;
  answers_[status - kFirstStatus].add();
}

void AdminMetrics::recordHandshake(HandshakeOutcome outcome) {
  handshakes_[static_cast<std::size_t>(outcome)].add();
}

void AdminMetrics::collect(std::vector<MetricFamily>& families) const {
  MetricFamily& answers =
      addFamily(families, "skiff_admin_requests_total",
                "Requests that the admin listener answered, by status.", MetricType::Counter);
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    if (answers_[i].value() == 0) continue;
    addSample(answers, {{"status", std::to_string(kFirstStatus + i)}},
              static_cast<double>(answers_[i].value()));
  }
  MetricFamily& handshakes =
      addFamily(families, "skiff_admin_tls_handshakes_total",
                "TLS handshakes at the admin listener, by outcome.", MetricType::Counter);
  for (std::size_t i = 0; i < handshakes_.size(); ++i) {
    if (handshakes_[i].value() == 0) continue;
    addSample(handshakes,
              {{"outcome", std::string(handshakeOutcomeWord(static_cast<HandshakeOutcome>(i)))}},
              static_cast<double>(handshakes_[i].value()));
  }
}

}  // namespace skiff
