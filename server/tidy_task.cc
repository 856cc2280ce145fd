#include "server/tidy_task.h"

#include "quota/cycle_clock.h"
#include "server/app_host.h"
#include "server/shard.h"

namespace skiff {

void TidyTask::start(Shard& shard) {
  shard_ = &shard;
  busy_ = true;
  tidied_ = false;
}

bool TidyTask::prepare() {
  if (tidied_) return false;
  if (!host_.pool().isAway()) return true;
  host_.defer(*this);
  return false;
}

void TidyTask::perform() {
  const std::chrono::nanoseconds before = threadCpuTime();
  resets_ = host_.pool().tidy();
  host_.quota().chargeCpu(threadCpuTime() - before);
}

void TidyTask::settle() {
  tidied_ = true;
  for (const ResetHow how : resets_) shard_->recordReset(how);
  resets_.clear();
}

void TidyTask::onTurnOver() {
  if (!tidied_) return;  // its turn comes again
  busy_ = false;
  host_.serveWaiting();
}

}  // namespace skiff
