#include <prometheus/metric_family.h>

#include <array>
#include <limits>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "server/observe/metric_family.h"
#include "server/observe/metrics.h"
#include "server/observe/process_metrics.h"

namespace skiff {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = MetricLabels;

constexpr std::array<const char*, kColdStartPhaseCount> kPhaseLabels{
    "isolate", "module", "instantiate", "init", "total"};
constexpr std::array<const char*, kResetHowCount> kHowLabels{"hot", "scan", "discard", "fresh",
                                                             "none"};
constexpr std::array<const char*, 2> kProtocolLabels{"HTTP/1.1", "HTTP/2.0"};
constexpr std::array<const char*, kPrewarmOutcomeCount> kPrewarmLabels{"loaded", "failed",
                                                                       "limited", "memory"};
constexpr double kNanosecond = 1e-9;

/// The sum of one histogram over the shards.
template <std::size_t Bounds>
struct MergedDurations {
  std::array<std::uint64_t, Bounds + 1> buckets{};
  std::uint64_t nanoseconds = 0;

  void add(const DurationCounts<Bounds>& counts) {
    for (std::size_t i = 0; i <= Bounds; ++i) buckets[i] += counts.bucket(i);
    nanoseconds += counts.sumNanoseconds();
  }

  ClientMetric metric(const std::array<std::chrono::microseconds, Bounds>& bounds,
                      Labels labels) const {
    ClientMetric metric;
    metric.label = std::move(labels);
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= Bounds; ++i) {
      cumulative += buckets[i];
      const double bound = i < Bounds ? std::chrono::duration<double>(bounds[i]).count()
                                      : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = static_cast<double>(nanoseconds) * kNanosecond;
    return metric;
  }
};

void addLabelled(std::vector<MetricFamily>& families, std::string name, std::string help,
                 MetricType type, const std::string& labelName,
                 const std::vector<GaugeReadings::Labelled>& readings) {
  std::map<std::string, std::uint64_t> sums;
  for (const auto& reading : readings) sums[reading.label] += reading.count;
  MetricFamily& family = addFamily(families, std::move(name), std::move(help), type);
  for (const auto& [label, sum] : sums) {
    addSample(family, {{labelName, label}}, static_cast<double>(sum));
  }
}

}  // namespace

struct Metrics::MergedApp {
  std::array<std::uint64_t, StatusCounts::kPlaces> requests{};
  MergedDurations<kRequestBuckets.size()> durations;
  std::uint64_t guestCpuNanoseconds = 0;
  std::uint64_t coldStarts = 0;

  void add(const AppMetrics& app) {
    for (std::size_t place = 0; place < requests.size(); ++place) {
      requests[place] += app.requests_.value(place);
    }
    durations.add(app.durations_);
    guestCpuNanoseconds += app.guestCpuNanoseconds_.value();
    coldStarts += app.coldStarts_.value();
  }
};

std::vector<MetricFamily> Metrics::Collect() const {
  std::vector<MetricFamily> families;
  collectApps(families);
  collectShards(families);
  admin_.collect(families);
  collectGauges(families);
  collectProcessMetrics(families);
  return families;
}

void Metrics::collectApps(std::vector<MetricFamily>& families) const {
  std::vector<MergedApp> merged;
  for (const ShardMetrics* shard : shards()) {
    const std::lock_guard lock(shard->mutex_);
    if (merged.size() < shard->apps_.size()) merged.resize(shard->apps_.size());
    for (std::size_t i = 0; i < shard->apps_.size(); ++i) {
      if (shard->apps_[i]) merged[i].add(*shard->apps_[i]);
    }
  }
  // Read after the shards: whatever index they hold has its name by now.
  const std::vector<AppName> names = admittedNames();

  MetricFamily requests{"skiff_requests_total",
                        "Requests answered or ended, by status and reason.",
                        MetricType::Counter,
                        {}};
  MetricFamily durations{"skiff_request_duration_seconds",
                         "Time from a request's first byte to the end of its answer.",
                         MetricType::Histogram,
                         {}};
  MetricFamily cpu{
      "skiff_guest_cpu_seconds_total", "CPU time that guests used.", MetricType::Counter, {}};
  MetricFamily coldStarts{"skiff_cold_starts_total",
                          "Requests that waited for a new isolate.",
                          MetricType::Counter,
                          {}};
  MetricFamily limitHits{"skiff_limit_hits_total",
                         "Requests refused or ended because of a limit, by limit.",
                         MetricType::Counter,
                         {}};
  for (std::size_t i = 0; i < merged.size(); ++i) {
    const Labels labels{{"tenant", names[i].tenant}, {"app", names[i].app}};
    std::array<std::uint64_t, kReasonCount> reasons{};
    for (std::size_t place = 0; place < StatusCounts::kPlaces; ++place) {
      reasons[static_cast<std::size_t>(StatusCounts::reasonOf(place))] += merged[i].requests[place];
    }
    for (std::size_t reason = 0; reason < reasons.size(); ++reason) {
      if (reasons[reason] == 0 || !reasonIsLimit(static_cast<Reason>(reason))) continue;
      Labels detailed = labels;
      detailed.push_back({"reason", std::string(reasonWord(static_cast<Reason>(reason)))});
      addSample(limitHits, std::move(detailed), static_cast<double>(reasons[reason]));
    }
    for (std::size_t place = 0; place < StatusCounts::kPlaces; ++place) {
      if (merged[i].requests[place] == 0) continue;
      Labels detailed = labels;
      detailed.push_back({"status", std::string(StatusCounts::statusLabel(place))});
      detailed.push_back({"reason", std::string(reasonWord(StatusCounts::reasonOf(place)))});
      addSample(requests, std::move(detailed), static_cast<double>(merged[i].requests[place]));
    }
    durations.metric.push_back(merged[i].durations.metric(kRequestBuckets, labels));
    addSample(cpu, labels, static_cast<double>(merged[i].guestCpuNanoseconds) * kNanosecond);
    addSample(coldStarts, labels, static_cast<double>(merged[i].coldStarts));
  }
  families.push_back(std::move(requests));
  families.push_back(std::move(limitHits));
  families.push_back(std::move(durations));
  families.push_back(std::move(cpu));
  families.push_back(std::move(coldStarts));
}

void Metrics::collectShards(std::vector<MetricFamily>& families) const {
  std::array<MergedDurations<kColdStartBuckets.size()>, kColdStartPhaseCount> phases{};
  std::array<std::uint64_t, kResetHowCount> resets{};
  MergedDurations<kInterruptBuckets.size()> interrupts{};
  MergedDurations<kRequestBuckets.size()> queued{};
  std::uint64_t handOffs = 0;
  std::array<std::array<std::uint64_t, kHandshakeOutcomeCount>, kTlsVersionCount> handshakes{};
  std::array<std::uint64_t, kProtocolLabels.size()> protocols{};
  std::array<std::uint64_t, kPrewarmOutcomeCount> prewarms{};
  std::uint64_t prewarmsUsed = 0;
  for (const ShardMetrics* shard : shards()) {
    interrupts.add(shard->interrupts_);
    queued.add(shard->queued_);
    handOffs += shard->handOffs_.value();
    for (std::size_t i = 0; i < protocols.size(); ++i) protocols[i] += shard->protocols_[i].value();
    for (std::size_t i = 0; i < handshakes.size(); ++i) {
      for (std::size_t j = 0; j < handshakes[i].size(); ++j) {
        handshakes[i][j] += shard->handshakes_[i][j].value();
      }
    }
    for (std::size_t i = 0; i < prewarms.size(); ++i) prewarms[i] += shard->prewarms_[i].value();
    prewarmsUsed += shard->prewarmsUsed_.value();
    for (std::size_t i = 0; i < phases.size(); ++i) phases[i].add(shard->coldStarts_[i]);
    for (std::size_t i = 0; i < resets.size(); ++i) resets[i] += shard->resets_[i].value();
  }
  MetricFamily& coldStarts =
      addFamily(families, "skiff_cold_start_seconds", "Time that cold starts took, by phase.",
                MetricType::Histogram);
  for (std::size_t i = 0; i < phases.size(); ++i) {
    coldStarts.metric.push_back(phases[i].metric(kColdStartBuckets, {{"phase", kPhaseLabels[i]}}));
  }
  MetricFamily& family =
      addFamily(families, "skiff_instance_resets_total",
                "Instances made pristine for their next request, by method.", MetricType::Counter);
  for (std::size_t i = 0; i < resets.size(); ++i) {
    addSample(family, {{"how", kHowLabels[i]}}, static_cast<double>(resets[i]));
  }
  addSample(addFamily(families, "skiff_handoffs_total",
                      "Shards taken over by another thread because a guest held them up.",
                      MetricType::Counter),
            {}, static_cast<double>(handOffs));
  MetricFamily& protocolFamily =
      addFamily(families, "skiff_http_requests_total",
                "Requests whose head was read, by version of HTTP.", MetricType::Counter);
  for (std::size_t i = 0; i < protocols.size(); ++i) {
    addSample(protocolFamily, {{"protocol", kProtocolLabels[i]}},
              static_cast<double>(protocols[i]));
  }
  MetricFamily& handshakeFamily =
      addFamily(families, "skiff_tls_handshakes_total",
                "TLS handshakes of clients, by version and outcome.", MetricType::Counter);
  for (std::size_t i = 0; i < handshakes.size(); ++i) {
    for (std::size_t j = 0; j < handshakes[i].size(); ++j) {
      if (handshakes[i][j] == 0) continue;
      addSample(handshakeFamily,
                {{"version", std::string(tlsVersionWord(static_cast<TlsVersion>(i)))},
                 {"outcome", std::string(handshakeOutcomeWord(static_cast<HandshakeOutcome>(j)))}},
                static_cast<double>(handshakes[i][j]));
    }
  }
  MetricFamily& prewarmFamily = addFamily(
      families, "skiff_prewarms_total",
      "Apps loaded ahead of their first request, or not, since a TLS handshake named their host.",
      MetricType::Counter);
  for (std::size_t i = 0; i < prewarms.size(); ++i) {
    addSample(prewarmFamily, {{"outcome", kPrewarmLabels[i]}}, static_cast<double>(prewarms[i]));
  }
  addSample(addFamily(families, "skiff_prewarms_used_total",
                      "Apps loaded ahead that a request came for.", MetricType::Counter),
            {}, static_cast<double>(prewarmsUsed));
  addFamily(families, "skiff_interrupt_latency_seconds",
            "How long after it had reached its limit of time a guest was stopped.",
            MetricType::Histogram)
      .metric.push_back(interrupts.metric(kInterruptBuckets, {}));
  addFamily(families, "skiff_queue_seconds",
            "How long requests waited that had to wait for their turn.", MetricType::Histogram)
      .metric.push_back(queued.metric(kRequestBuckets, {}));
}

void Metrics::collectGauges(std::vector<MetricFamily>& families) const {
  const GaugeReadings readings = readGauges();
  std::set<std::pair<std::string, std::string>> apps;
  std::set<std::string> tenants;
  for (const AppName& name : admittedNames()) {
    apps.emplace(name.tenant, name.app);
    tenants.insert(name.tenant);
  }
  const std::string other = "_other";

  std::map<std::array<std::string, 3>, std::uint64_t> instances;
  for (const auto& reading : readings.instances) {
    const bool admitted = apps.contains({reading.tenant, reading.app});
    instances[{admitted ? reading.tenant : other, admitted ? reading.app : other, reading.state}] +=
        reading.count;
  }
  MetricFamily& instanceFamily =
      addFamily(families, "skiff_instances", "Instances that exist, by state.", MetricType::Gauge);
  for (const auto& [labels, count] : instances) {
    addSample(instanceFamily, {{"tenant", labels[0]}, {"app", labels[1]}, {"state", labels[2]}},
              static_cast<double>(count));
  }

  addSample(addFamily(families, "skiff_isolates", "V8 isolates that exist.", MetricType::Gauge), {},
            static_cast<double>(readings.isolates));

  std::map<std::string, std::uint64_t> memory;
  for (const auto& reading : readings.memory) {
    memory[tenants.contains(reading.tenant) ? reading.tenant : other] += reading.bytes;
  }
  MetricFamily& memoryFamily = addFamily(families, "skiff_memory_bytes",
                                         "Memory that a tenant's guests hold.", MetricType::Gauge);
  for (const auto& [tenant, bytes] : memory) {
    addSample(memoryFamily, {{"tenant", tenant}}, static_cast<double>(bytes));
  }

  std::map<std::string, std::uint64_t> throttled;
  for (const auto& reading : readings.throttled) {
    throttled[tenants.contains(reading.tenant) ? reading.tenant : other] += reading.nanoseconds;
  }
  MetricFamily& throttledFamily = addFamily(
      families, "skiff_cpu_throttled_seconds_total",
      "Time that running guests of a tenant stood still because its CPU share was used up.",
      MetricType::Counter);
  for (const auto& [tenant, nanoseconds] : throttled) {
    addSample(throttledFamily, {{"tenant", tenant}},
              static_cast<double>(nanoseconds) * kNanosecond);
  }

  std::map<std::pair<std::string, std::string>, std::uint64_t> dropped;
  for (const auto& reading : readings.droppedGuestLogs) {
    const bool admitted = apps.contains({reading.tenant, reading.app});
    dropped[{admitted ? reading.tenant : other, admitted ? reading.app : other}] += reading.bytes;
  }
  MetricFamily& droppedFamily = addFamily(
      families, "skiff_guest_log_dropped_bytes_total",
      "Bytes that guests logged above what their app or tenant may log.", MetricType::Counter);
  for (const auto& [labels, bytes] : dropped) {
    addSample(droppedFamily, {{"tenant", labels.first}, {"app", labels.second}},
              static_cast<double>(bytes));
  }

  std::map<std::pair<std::string, std::string>, std::uint64_t> rollbacks;
  for (const auto& reading : readings.rollbacks) {
    const bool admitted = apps.contains({reading.tenant, reading.app});
    rollbacks[{admitted ? reading.tenant : other, admitted ? reading.app : other}] += reading.count;
  }
  MetricFamily& rollbackFamily =
      addFamily(families, "skiff_auto_rollbacks_total",
                "Deployments that were taken back since their new versions failed more often.",
                MetricType::Counter);
  for (const auto& [labels, count] : rollbacks) {
    addSample(rollbackFamily, {{"tenant", labels.first}, {"app", labels.second}},
              static_cast<double>(count));
  }

  addLabelled(families, "skiff_connections", "Clients' connections, by state.", MetricType::Gauge,
              "state", readings.connections);
  addLabelled(families, "skiff_origin_connections", "Connections to origins, by state.",
              MetricType::Gauge, "state", readings.originConnections);
  addLabelled(families, "skiff_origin_requests_total", "Requests to origins, by outcome.",
              MetricType::Counter, "outcome", readings.originRequests);
  MetricFamily& certificates =
      addFamily(families, "skiff_certificate_expiry_timestamp_seconds",
                "When the certificate that is shown for a host expires, in seconds since 1970.",
                MetricType::Gauge);
  for (const GaugeReadings::Certificate& one : readings.certificates) {
    addSample(certificates, {{"host", one.host}, {"listener", one.listener}},
              static_cast<double>(one.notAfter));
  }
  addLabelled(families, "skiff_log_dropped_lines_total",
              "Log lines dropped because their destination was too slow.", MetricType::Counter,
              "log", readings.droppedLogLines);
  addSample(
      addFamily(families, "skiff_build_info", "1; the version is in the label.", MetricType::Gauge),
      {{"version", options_.version}}, 1);
}

}  // namespace skiff
