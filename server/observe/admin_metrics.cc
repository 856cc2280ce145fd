#include "server/observe/admin_metrics.h"

#include <string>
#include <utility>

namespace skiff {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

MetricFamily counterFamily(std::string name, std::string help) {
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = prometheus::MetricType::Counter;
  return family;
}

void addSample(MetricFamily& family, std::string label, std::string value, const Counter& count) {
  if (count.value() == 0) return;
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = {{std::move(label), std::move(value)}};
  metric.counter.value = static_cast<double>(count.value());
}

}  // namespace

void AdminMetrics::recordAnswer(unsigned status) {
  if (status < kFirstStatus || status - kFirstStatus >= answers_.size()) return;
  answers_[status - kFirstStatus].add();
}

void AdminMetrics::recordHandshake(HandshakeOutcome outcome) {
  handshakes_[static_cast<std::size_t>(outcome)].add();
}

void AdminMetrics::collect(std::vector<MetricFamily>& families) const {
  MetricFamily answers = counterFamily("skiff_admin_requests_total",
                                       "Requests that the admin listener answered, by status.");
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    addSample(answers, "status", std::to_string(kFirstStatus + i), answers_[i]);
  }
  families.push_back(std::move(answers));
  MetricFamily handshakes = counterFamily("skiff_admin_tls_handshakes_total",
                                          "TLS handshakes at the admin listener, by outcome.");
  for (std::size_t i = 0; i < handshakes_.size(); ++i) {
    addSample(handshakes, "outcome",
              std::string(handshakeOutcomeWord(static_cast<HandshakeOutcome>(i))), handshakes_[i]);
  }
  families.push_back(std::move(handshakes));
}

}  // namespace skiff
