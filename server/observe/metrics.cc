#include "server/observe/metrics.h"

#include <prometheus/text_serializer.h>

#include <sstream>

namespace skiff {

Metrics::Registration::Registration(Registration&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), id_(other.id_) {}

Metrics::Registration& Metrics::Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    if (owner_) owner_->removeSource(id_);
    owner_ = std::exchange(other.owner_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

Metrics::Registration::~Registration() {
  if (owner_) owner_->removeSource(id_);
}

// Names of tenants and apps are [a-z0-9-], so nobody else can have these.
Metrics::Metrics(MetricsOptions options)
    : options_(std::move(options)), names_{{"_other", "_other"}, {"_none", "_none"}} {}

Metrics::~Metrics() = default;

ShardMetrics& Metrics::addShard() {
  std::unique_ptr<ShardMetrics> shard(new ShardMetrics(*this));
  const std::lock_guard lock(mutex_);
  return *shards_.emplace_back(std::move(shard));
}

Metrics::Registration Metrics::addSource(GaugeSource source) {
  const std::lock_guard lock(sourcesMutex_);
  const std::uint64_t id = nextSource_++;
  sources_.emplace(id, std::move(source));
  return Registration(*this, id);
}

void Metrics::removeSource(std::uint64_t id) {
  const std::lock_guard lock(sourcesMutex_);
  sources_.erase(id);
}

std::size_t Metrics::admit(std::string_view tenant, std::string_view app) {
  std::pair<std::string, std::string> key(tenant, app);
  const std::lock_guard lock(mutex_);
  const auto found = indexes_.find(key);
  if (found != indexes_.end()) return found->second;
  if (indexes_.size() >= options_.maxApps) return kOtherIndex;
  const std::size_t index = names_.size();
  names_.push_back({key.first, key.second});
  indexes_.emplace(std::move(key), index);
  return index;
}

std::vector<Metrics::AppName> Metrics::admittedNames() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

std::vector<const ShardMetrics*> Metrics::shards() const {
  const std::lock_guard lock(mutex_);
  std::vector<const ShardMetrics*> all;
  all.reserve(shards_.size());
  for (const auto& shard : shards_) all.push_back(shard.get());
  return all;
}

GaugeReadings Metrics::readGauges() const {
  const std::lock_guard lock(sourcesMutex_);
  GaugeReadings readings;
  for (const auto& [id, source] : sources_) source(readings);
  return readings;
}

std::string Metrics::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, Collect());
  return std::move(out).str();
}

}  // namespace skiff
