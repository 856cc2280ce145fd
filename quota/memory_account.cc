#include "quota/memory_account.h"

#include "quota/quotas.h"

namespace skiff {

MemoryCharge::~MemoryCharge() {
  if (taken_ != 0) giveBack(taken_);
}

bool MemoryCharge::take(std::uint64_t bytes) {
  if (!quota_) return true;
  if (!quota_->takeMemory(bytes)) return false;
  taken_ += bytes;
  return true;
}

void MemoryCharge::giveBack(std::uint64_t bytes) {
  if (!quota_) return;
  taken_ -= bytes;
  quota_->giveBackMemory(bytes);
}

}  // namespace skiff
