#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/observe/admin_metrics.h"
#include "server/observe/shard_metrics.h"

namespace skiff {

struct MetricsOptions {
  std::string version = SKIFF_VERSION;  ///< label of skiff_build_info
  /// How many tenant and app pairs get labels of their own, over the life of the process. The rest
  /// is summed up under tenant="_other", so that the number of series stays bounded.
  std::size_t maxApps = 1'000;
};

/// What is counted at the moment of a scrape rather than while it happens. Several sources add to
/// the same readings; equal labels are summed.
struct GaugeReadings {
  struct Instances {
    std::string tenant;
    std::string app;
    std::string state;  ///< of a small fixed set: "idle", "busy", "suspended"
    std::uint64_t count = 0;
  };
  struct Memory {
    std::string tenant;
    std::string app;
    std::uint64_t bytes = 0;
  };
  struct Throttled {
    std::string tenant;
    std::uint64_t nanoseconds = 0;
  };
  struct DroppedLog {
    std::string tenant;
    std::string app;
    std::uint64_t bytes = 0;
  };
  struct Rollbacks {
    std::string tenant;
    std::string app;
    std::uint64_t count = 0;
  };
  struct Certificate {
    std::string host;
    std::string listener;       ///< "client", "admin"
    std::int64_t notAfter = 0;  ///< seconds since 1970
  };
  struct Labelled {
    std::string label;
    std::uint64_t count = 0;
  };

  std::vector<Instances> instances;          ///< skiff_instances
  std::uint64_t isolates = 0;                ///< skiff_isolates
  std::vector<Memory> memory;                ///< skiff_memory_bytes
  std::vector<Throttled> throttled;          ///< skiff_cpu_throttled_seconds_total, ever growing
  std::vector<DroppedLog> droppedGuestLogs;  ///< skiff_guest_log_dropped_bytes_total, ever growing
  std::vector<Rollbacks> rollbacks;          ///< skiff_auto_rollbacks_total, ever growing
  std::vector<Labelled> connections;         ///< skiff_connections{state}: "active", "idle"
  std::vector<Labelled> originConnections;   ///< skiff_origin_connections{state}
  std::vector<Labelled> originRequests;      ///< skiff_origin_requests_total{outcome}, ever growing
  std::vector<Certificate> certificates;     ///< skiff_certificate_expiry_timestamp_seconds
  std::vector<Labelled> droppedLogLines;     ///< skiff_log_dropped_lines_total{log}, ever growing
};

/// Adds to the readings. Called on the thread that scrapes; reads atomics or takes its own lock.
/// Must not call Metrics.
using GaugeSource = std::function<void(GaugeReadings&)>;

/// The server's metrics: the shards' counters merged, the gauges read, the process measured.
/// Collect may be called from any thread, at any time; the result is for
/// prometheus::TextSerializer.
class Metrics final : public prometheus::Collectable {
 public:
  /// A source is asked as long as its registration lives; the destructor waits for a scrape that is
  /// asking it. REQUIRES: not destroyed from inside a source, nor after Metrics.
  class Registration {
   public:
    Registration() = default;
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;
    ~Registration();

   private:
    friend class Metrics;
    Registration(Metrics& owner, std::uint64_t id) : owner_(&owner), id_(id) {}
    Metrics* owner_ = nullptr;
    std::uint64_t id_ = 0;
  };

  explicit Metrics(MetricsOptions options = {});
  ~Metrics() override;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Counters for one more shard; any thread. The reference lives as long as this.
  ShardMetrics& addShard();
  /// Counters for the admin listener. Lives as long as this.
  AdminMetrics& admin() { return admin_; }
  /// Any thread.
  [[nodiscard]] Registration addSource(GaugeSource source);

  /// Every family, in the order of the documentation. A combination of status and reason that never
  /// happened has no series.
  std::vector<prometheus::MetricFamily> Collect() const override;

  /// What Collect gives in the text format that Prometheus scrapes, version 0.0.4
  /// ("text/plain; version=0.0.4; charset=utf-8").
  std::string text() const;

 private:
  friend class ShardMetrics;
  struct AppName {
    std::string tenant;
    std::string app;
  };
  struct MergedApp;

  static constexpr std::size_t kOtherIndex = 0;
  static constexpr std::size_t kUnroutedIndex = 1;

  /// The index of the pair, admitted if there is still room, else kOtherIndex.
  std::size_t admit(std::string_view tenant, std::string_view app);
  void removeSource(std::uint64_t id);

  std::vector<AppName> admittedNames() const;
  std::vector<const ShardMetrics*> shards() const;
  GaugeReadings readGauges() const;
  void collectApps(std::vector<prometheus::MetricFamily>& families) const;
  void collectShards(std::vector<prometheus::MetricFamily>& families) const;
  void collectGauges(std::vector<prometheus::MetricFamily>& families) const;

  const MetricsOptions options_;
  AdminMetrics admin_;
  mutable std::mutex mutex_;  ///< guards names and shards; never held while a source runs
  std::vector<AppName> names_;
  std::map<std::pair<std::string, std::string>, std::size_t, std::less<>> indexes_;
  std::vector<std::unique_ptr<ShardMetrics>> shards_;

  mutable std::mutex sourcesMutex_;  ///< held while sources run
  std::map<std::uint64_t, GaugeSource> sources_;
  std::uint64_t nextSource_ = 1;
};

}  // namespace skiff
