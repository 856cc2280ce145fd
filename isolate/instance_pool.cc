#include "isolate/instance_pool.h"

#include <algorithm>

#include "isolate/compiled_module.h"
#include "isolate/guest_isolate.h"
#include "isolate/instance.h"
#include "isolate/instance_budget.h"
#include "isolate/nursery.h"
#include "quota/cycle_clock.h"

namespace skiff {
namespace {

// A dropped instance's addresses and mappings are free only after a collection, so one is asked for
// after so many.
constexpr std::size_t kCollectAfter = 128;
// What an instance costs on the heap, beside its pages.
constexpr std::size_t kInstanceOverhead = 8 << 10;

class Stopwatch {
 public:
  std::chrono::nanoseconds lap() {
    const std::uint64_t now = readCycles();
    return cyclesToTime(now - std::exchange(last_, now));
  }

 private:
  std::uint64_t last_ = readCycles();
};

}  // namespace

struct InstancePool::Loaded {
  v8::Global<v8::WasmModuleObject> module;
};

InstancePool::InstancePool(ShardEngine& shard, std::shared_ptr<const PreparedModule> module,
                           Limits limits)
    : shard_(shard), module_(std::move(module)), limits_(limits) {}

InstancePool::~InstancePool() {
  evictIdle(0);
  if (isolate_) unloadIsolate();
}

Instance* InstancePool::acquire(ColdStart& cold, Reason& refusal, std::string& error) {
  refusal = Reason::none;
  if (!idle_.empty()) {
    busy_.push_back(std::move(idle_.back()));
    idle_.pop_back();
    return busy_.back().get();
  }
  if (busy_.size() >= limits_.max) return nullptr;
  return make(cold, refusal, error);
}

bool InstancePool::loadIsolate(ColdStart& cold, std::string& error) {
  Stopwatch watch;
  isolate_ = shard_.nursery().take();
  cold.isolate = watch.lap();
  IsolateLock lock(shard_.seat(), *isolate_);
  v8::TryCatch tryCatch(lock.raw());
  v8::Local<v8::WasmModuleObject> module;
  if (!v8::WasmModuleObject::FromCompiledModule(lock.raw(), module_->compiled->module)
           .ToLocal(&module)) {
    error = "V8 could not share the compiled module";
    return false;
  }
  loaded_ = std::make_unique<Loaded>();
  loaded_->module.Reset(lock.raw(), module);
  cold.module = watch.lap();
  return true;
}

Instance* InstancePool::make(ColdStart& cold, Reason& refusal, std::string& error) {
  cold.happened = true;
  if (!shard_.budget().acquire()) {
    refusal = Reason::overloaded;
    error = "the process holds " + std::to_string(shard_.budget().limit()) +
            " instances, as many as its address space and vm.max_map_count allow";
    return nullptr;
  }
  if (!isolate_ && !loadIsolate(cold, error)) {
    shard_.budget().release();
    unloadIsolate();
    refusal = Reason::overloaded;
    return nullptr;
  }
  IsolateLock lock(shard_.seat(), *isolate_);
  InstanceTimes times;
  auto made = Instance::createPristine(lock, loaded_->module.Get(lock.raw()), *module_,
                                       shard_.reset(), hot_, shard_.thread(), times);
  cold.instantiate = times.instantiate;
  cold.init = times.init;
  if (made.has_error()) {
    shard_.budget().release();
    refusal = Reason::overloaded;
    error = made.error().message;
    return nullptr;
  }
  busy_.push_back(std::move(*made));
  return busy_.back().get();
}

ResetHow InstancePool::release(Instance* instance, InstanceFate fate) {
  const auto place = std::find_if(busy_.begin(), busy_.end(),
                                  [&](const auto& held) { return held.get() == instance; });
  std::unique_ptr<Instance> released = std::move(*place);
  *place = std::move(busy_.back());
  busy_.pop_back();

  IsolateLock lock(shard_.seat(), *isolate_);
  ResetHow how = ResetHow::none;
  bool keep = false;
  if (fate == InstanceFate::returned) {
    if (module_->reuse == Reuse::dirty) {
      keep = released->saveGlobals(lock).has_value();
    } else {
      how = released->reset();
      keep = how != ResetHow::none;
    }
  }
  if (!keep) {
    drop(std::move(released));
    if (uncollected_ >= kCollectAfter) collectDropped();
    if (idle_.size() < limits_.min) (void)warm();
    return ResetHow::fresh;
  }
  if (TrackedMemory* tracked = released->tracked();
      tracked && tracked->hotPages().size() > hot_.size()) {
    hot_ = tracked->hotPages();
  }
  idle_.push_back(std::move(released));
  return how;
}

void InstancePool::drop(std::unique_ptr<Instance> instance) {
  instance.reset();
  ++uncollected_;
}

void InstancePool::collectDropped() {
  isolate_->collectGarbage();
  shard_.budget().release(uncollected_);
  uncollected_ = 0;
}

Result<void> InstancePool::warm() {
  while (idle_.size() < limits_.min && idle_.size() + busy_.size() < limits_.max) {
    ColdStart cold;
    Reason refusal = Reason::none;
    std::string error;
    if (!make(cold, refusal, error)) return Error{error};
    idle_.push_back(std::move(busy_.back()));
    busy_.pop_back();
  }
  return {};
}

std::size_t InstancePool::evictIdle(std::size_t keep) {
  if (!isolate_ || idle_.size() <= keep) return 0;
  const std::size_t count = idle_.size() - keep;
  {
    IsolateLock lock(shard_.seat(), *isolate_);
    for (std::size_t i = 0; i < count; ++i) {
      drop(std::move(idle_.front()));
      idle_.erase(idle_.begin());
    }
  }
  if (idle_.empty() && busy_.empty()) {
    unloadIsolate();
  } else {
    IsolateLock lock(shard_.seat(), *isolate_);
    collectDropped();
  }
  return count;
}

void InstancePool::unloadIsolate() {
  if (!isolate_) return;
  if (loaded_) {
    IsolateLock lock(shard_.seat(), *isolate_);
    loaded_.reset();
  }
  shard_.seat().vacate(*isolate_);
  isolate_.reset();
  shard_.budget().release(uncollected_);
  uncollected_ = 0;
}

void InstancePool::housekeep() {
  if (!isolate_) return;
  if (isolate_->tasks().pending()) {
    IsolateLock lock(shard_.seat(), *isolate_);
    isolate_->tasks().drain();
  }
}

PoolCounts InstancePool::counts() const {
  PoolCounts counts;
  counts.idle = idle_.size();
  counts.busy = busy_.size();
  counts.isolates = isolate_ ? 1 : 0;
  if (isolate_) counts.bytes = isolate_->heapBytes();
  for (const auto& instance : idle_) counts.bytes += kInstanceOverhead + instance->ownBytes();
  for (const auto& instance : busy_) counts.bytes += kInstanceOverhead + instance->ownBytes();
  return counts;
}

}  // namespace skiff
