#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "isolate/memory/reset_how.h"
#include "quota/reason.h"
#include "server/observe/counters.h"
#include "server/tls/tls_words.h"

namespace skiff {

class Metrics;

/// How long the parts of a cold start took. A part that did not happen (an isolate from the
/// nursery, a module that was shared) is left empty and not counted.
struct ColdStartTimes {
  std::optional<std::chrono::nanoseconds> isolate;
  std::optional<std::chrono::nanoseconds> module;
  std::optional<std::chrono::nanoseconds> instantiate;
  std::optional<std::chrono::nanoseconds> init;
  std::chrono::nanoseconds total{0};
};
inline constexpr std::size_t kColdStartPhaseCount = 5;

/// What came of loading an app ahead of its first request, since a TLS handshake named its host.
enum class PrewarmOutcome : std::uint8_t {
  loaded,
  failed,
  limited,        ///< not begun: too much of it, or the app's limits would let no request in
  shortOfMemory,  ///< not begun
};
inline constexpr std::size_t kPrewarmOutcomeCount = 4;

/// What one app did on one shard. Written by whichever thread runs the shard (one at a time, as the
/// shard's other state), read by the scrape. Recording takes no lock and allocates nothing.
class alignas(64) AppMetrics {
 public:
  /// A request that got its answer, or ended without one (`clientGone`). `status` is the status
  /// that was sent, which for a request that failed after its head is not the reason's own.
  void recordRequest(int status, Reason reason, std::chrono::nanoseconds duration,
                     std::chrono::nanoseconds guestCpu);

 private:
  friend class Metrics;
  friend class ShardMetrics;

  StatusCounts requests_;
  DurationCounts<kRequestBuckets.size()> durations_;
  Counter guestCpuNanoseconds_;
  Counter coldStarts_;
};

/// One shard's counters. Made by Metrics::addShard, and lives as long as Metrics. All calls on the
/// shard's thread.
class ShardMetrics {
 public:
  ShardMetrics(const ShardMetrics&) = delete;
  ShardMetrics& operator=(const ShardMetrics&) = delete;

  /// The app's counters, the same object for the same names; valid as long as Metrics. Takes a lock
  /// and may allocate: ask once for each app and keep the reference. Beyond
  /// MetricsOptions::maxApps all further apps share one object, labelled tenant="_other",
  /// app="_other".
  AppMetrics& app(std::string_view tenant, std::string_view app);
  /// For requests that belong to no app (no route, malformed): tenant="_none", app="_none".
  AppMetrics& unrouted() { return *unrouted_; }

  void recordColdStart(AppMetrics& app, const ColdStartTimes& times);
  void recordReset(ResetHow how, std::uint64_t count = 1);
  void recordHandshake(TlsVersion version, HandshakeOutcome outcome) {
    handshakes_[static_cast<std::size_t>(version)][static_cast<std::size_t>(outcome)].add();
  }
  void recordPrewarm(PrewarmOutcome outcome) { prewarms_[static_cast<std::size_t>(outcome)].add(); }
  /// A request came for an app that was loaded ahead, or is being so.
  void recordPrewarmUse() { prewarmsUsed_.add(); }
  /// A request came by "HTTP/1.0", "HTTP/1.1" or "HTTP/2.0".
  void recordProtocol(std::string_view protocol) {
    protocols_[protocol.size() == 8 && protocol[5] == '2' ? 1 : 0].add();
  }
  /// A shard was handed to another thread.
  void recordHandOff() { handOffs_.add(); }
  /// A request waited so long for its turn.
  void recordQueued(std::chrono::nanoseconds time) { queued_.record(kRequestBuckets, time); }
  /// A guest was stopped so long after it had reached its limit of time.
  void recordInterrupt(std::chrono::nanoseconds late) {
    interrupts_.record(kInterruptBuckets, late);
  }

 private:
  friend class Metrics;
  explicit ShardMetrics(Metrics& owner);
  AppMetrics& atIndex(std::size_t index);

  Metrics& owner_;
  AppMetrics* unrouted_ = nullptr;
  std::array<Counter, kResetHowCount> resets_;
  Counter handOffs_;
  std::array<Counter, 2> protocols_;  ///< HTTP/1 and HTTP/2
  std::array<std::array<Counter, kHandshakeOutcomeCount>, kTlsVersionCount> handshakes_;
  std::array<Counter, kPrewarmOutcomeCount> prewarms_;
  Counter prewarmsUsed_;
  DurationCounts<kInterruptBuckets.size()> interrupts_;
  DurationCounts<kRequestBuckets.size()> queued_;
  std::array<DurationCounts<kColdStartBuckets.size()>, kColdStartPhaseCount> coldStarts_;
  mutable std::mutex mutex_;  ///< guards the vector; held by app() and by the scrape
  std::vector<std::unique_ptr<AppMetrics>> apps_;  ///< by the index that Metrics gave the names
};

}  // namespace skiff
