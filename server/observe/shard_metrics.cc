#include "server/observe/shard_metrics.h"

#include <algorithm>

#include "server/observe/metrics.h"

namespace skiff {

void AppMetrics::recordRequest(int status, Reason reason, std::chrono::nanoseconds duration,
                               std::chrono::nanoseconds guestCpu) {
  requests_.record(status, reason);
  durations_.record(kRequestBuckets, duration);
  guestCpuNanoseconds_.add(
      static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>(guestCpu.count(), 0)));
}

ShardMetrics::ShardMetrics(Metrics& owner) : owner_(owner) {
  unrouted_ = &atIndex(Metrics::kUnroutedIndex);
}

AppMetrics& ShardMetrics::app(std::string_view tenant, std::string_view app) {
  return atIndex(owner_.admit(tenant, app));
}

AppMetrics& ShardMetrics::atIndex(std::size_t index) {
  const std::lock_guard lock(mutex_);
  if (apps_.size() <= index) apps_.resize(index + 1);
  if (!apps_[index]) apps_[index] = std::make_unique<AppMetrics>();
  return *apps_[index];
}

void ShardMetrics::recordColdStart(AppMetrics& app, const ColdStartTimes& times) {
  app.coldStarts_.add();
  const std::array<std::optional<std::chrono::nanoseconds>, kColdStartPhaseCount> phases{
      times.isolate, times.module, times.instantiate, times.init, times.total};
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (phases[i]) coldStarts_[i].record(kColdStartBuckets, *phases[i]);
  }
}

void ShardMetrics::recordReset(ResetHow how, std::uint64_t count) {
  resets_[static_cast<std::size_t>(how)].add(count);
}

}  // namespace skiff
