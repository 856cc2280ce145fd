#include "deploy/blobs/blob_ledger.h"

namespace skiff {

BlobLedger::Turn BlobLedger::turn(const std::shared_ptr<BlobLedger>& ledger, std::string name) {
  std::unique_lock lock(ledger->mutex_);
  ledger->turnEnded_.wait(lock, [&] { return !ledger->turns_.contains(name); });
  ledger->turns_.insert(name);
  if (ledger->collecting_) ledger->touched_.insert(name);
  return {ledger, std::move(name)};
}

void BlobLedger::endTurn(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    turns_.erase(name);
  }
  turnEnded_.notify_all();
}

std::optional<std::uint64_t> BlobLedger::sizeOf(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.damaged) return std::nullopt;
  return found->second.size;
}

void BlobLedger::add(const std::string& name, std::uint64_t size, std::uint64_t reserved) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[name];
  stored_ = stored_ - entry.size + size;
  reserved_ -= reserved;
  entry = {size, false};
}

void BlobLedger::markDamaged(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) found->second.damaged = true;
}

void BlobLedger::pin(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    ++pins_[name];
    if (collecting_) touched_.insert(name);
  }
}

void BlobLedger::unpin(const std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    const auto found = pins_.find(name);
    if (--found->second == 0) pins_.erase(found);
  }
}

bool BlobLedger::fitsLocked(std::uint64_t bytes) const {
  const std::uint64_t used = stored_ + reserved_;
  return used <= cap_.bytes() && bytes <= cap_.bytes() - used;
}

bool BlobLedger::fits(std::uint64_t bytes) const {
  const std::lock_guard lock(mutex_);
  return fitsLocked(bytes);
}

bool BlobLedger::reserve(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (!fitsLocked(bytes)) return false;
  reserved_ += bytes;
  return true;
}

void BlobLedger::release(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  reserved_ -= bytes;
}

void BlobLedger::keep(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  kept_[name] = bytes;
}

std::optional<std::uint64_t> BlobLedger::takeKept(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(name);
  if (found == kept_.end()) return std::nullopt;
  const std::uint64_t bytes = found->second;
  kept_.erase(found);
  return bytes;
}

std::vector<std::string> BlobLedger::keptNames() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, bytes] : kept_) names.push_back(name);
  return names;
}

std::vector<std::string> BlobLedger::startCollecting() {
  const std::lock_guard lock(mutex_);
  collecting_ = true;
  std::vector<std::string> candidates;
  for (const auto& [name, entry] : entries_) {
    if (!pins_.contains(name) && !turns_.contains(name)) candidates.push_back(name);
  }
  return candidates;
}

std::optional<BlobLedger::Taken> BlobLedger::takeOut(const std::shared_ptr<BlobLedger>& ledger,
                                                     const std::string& name) {
  const std::lock_guard lock(ledger->mutex_);
  const auto found = ledger->entries_.find(name);
  if (found == ledger->entries_.end() || ledger->pins_.contains(name) ||
      ledger->turns_.contains(name) || ledger->touched_.contains(name)) {
    return std::nullopt;
  }
  const std::uint64_t size = found->second.size;
  ledger->entries_.erase(found);
  ledger->turns_.insert(name);
  return Taken{Turn(ledger, name), size};
}

void BlobLedger::putBack(const std::string& name, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  entries_[name] = {size, false};
}

void BlobLedger::subtract(std::uint64_t stored) {
  const std::lock_guard lock(mutex_);
  stored_ -= stored;
}

void BlobLedger::endCollecting() {
  const std::lock_guard lock(mutex_);
  collecting_ = false;
  touched_.clear();
}

std::uint64_t BlobLedger::stored() const {
  const std::lock_guard lock(mutex_);
  return stored_;
}

std::uint64_t BlobLedger::reserved() const {
  const std::lock_guard lock(mutex_);
  return reserved_;
}

}  // namespace skiff
