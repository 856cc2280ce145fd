#include "isolate/shard_engine.h"

#include "isolate/guest_isolate.h"

namespace skiff {

ShardEngine::ShardEngine(Nursery& nursery, InstanceBudget& budget, GuestThread& thread,
                         ResetMode reset)
    : nursery_(nursery),
      budget_(budget),
      thread_(thread),
      seat_(std::make_unique<IsolateSeat>()),
      reset_(reset) {}

ShardEngine::~ShardEngine() = default;

void ShardEngine::leaveIsolate() {
  seat_->leave();
}

}  // namespace skiff
