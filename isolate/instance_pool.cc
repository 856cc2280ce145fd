#include "isolate/instance_pool.h"

#include <algorithm>

#include "isolate/compiled_module.h"
#include "isolate/guest_isolate.h"
#include "isolate/instance.h"
#include "isolate/instance_budget.h"
#include "isolate/nursery.h"
#include "isolate/spare_instance.h"
#include "quota/cycle_clock.h"

namespace skiff {
namespace {

/// Dropped instances that are collected wherever one more is to be made: when no tidying came
/// between.
constexpr std::size_t kCollectAtOnce = 256;
/// A guest that used less has not had the time to dirty many pages for the first time.
constexpr std::chrono::microseconds kBrief{300};
// What an instance costs on the heap, beside its pages.
constexpr std::size_t kInstanceOverhead = 8 << 10;
// How much an isolate's heap may grow by garbage between two looks of the shard's tick.
constexpr std::size_t kGarbageAllowance = std::size_t{1} << 20;

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
    : shard_(shard), module_(std::move(module)), limits_(limits) {
  // Instances and their tables may fill half of the isolate's heap.
  const std::size_t fit = module_->limits.heap.bytes() / 2 / module_->heapBytes;
  limits_.max = std::min(limits_.max, std::max<std::size_t>(1, fit));
  limits_.min = std::min(limits_.min, limits_.max);
}

InstancePool::~InstancePool() {
  evictIdle(0);
  if (isolate_) unloadIsolate();
}

Instance* InstancePool::acquireIdle() {
  if (idle_.empty()) return nullptr;
  busy_.push_back(std::move(idle_.back()));
  idle_.pop_back();
  heapChanged_ = true;
  return busy_.back().get();
}

Instance* InstancePool::acquire(ColdStart& cold, Reason& refusal, std::string& error) {
  refusal = Reason::none;
  if (Instance* const idle = acquireIdle()) return idle;
  if (inUse() >= limits_.max) return nullptr;
  return make(cold, refusal, error);
}

bool InstancePool::loadIsolate(ColdStart& cold, std::unique_ptr<Instance>& spare,
                               std::string& error) {
  Stopwatch watch;
  if (const auto left = module_->takeSpare()) {
    isolate_ = std::move(left->isolate);
    loaded_ = std::make_unique<Loaded>();
    loaded_->module = std::move(left->module);
    spare = std::move(left->instance);
    const IsolateLock lock(shard_.seat(), *isolate_);
    cold.isolate = watch.lap();
    return true;
  }
  try {
    isolate_ = shard_.nursery().take(module_->limits.heap);
  } catch (const std::exception& failure) {
    error = failure.what();
    return false;
  }
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
  if (uncollected_ >= kCollectAtOnce) collectDropped();
  if (!shard_.budget().acquire()) {
    if (isolate_ && uncollected_ != 0) {
      collectDropped();
      return make(cold, refusal, error);
    }
    refusal = Reason::overloaded;
    error = "the process holds " + std::to_string(shard_.budget().limit()) +
            " instances, as many as its address space and vm.max_map_count allow";
    return nullptr;
  }
  std::unique_ptr<Instance> spare;
  if (!isolate_ && !loadIsolate(cold, spare, error)) {
    shard_.budget().release();
    unloadIsolate();
    refusal = Reason::overloaded;
    return nullptr;
  }
  IsolateLock lock(shard_.seat(), *isolate_);
  InstanceTimes times;
  auto made = spare ? Instance::adopt(lock, std::move(spare), shard_, hot_, times)
                    : Instance::createPristine(lock, loaded_->module.Get(lock.raw()), *module_,
                                               shard_, hot_, times);
  cold.instantiate = times.instantiate;
  cold.init = times.init;
  cold.initCpu = times.initCpu;
  const bool heapExhausted = isolate_->takeHeapExhausted();
  if (heapExhausted) lock.raw()->CancelTerminateExecution();
  if (made.has_error() || heapExhausted) {
    refusal = made.has_error() && !heapExhausted ? made.error().reason : Reason::memoryLimit;
    error = made.has_error() ? made.error().message : "the instances fill the engine's heap";
    if (made.has_error() && !made.error().wasMade) {
      shard_.budget().release();
    } else {
      ++uncollected_;
    }
    return nullptr;
  }
  busy_.push_back(std::move(*made));
  heapChanged_ = true;
  return busy_.back().get();
}

ResetHow InstancePool::release(Instance* instance, InstanceFate fate,
                               std::chrono::nanoseconds cpu) {
  const auto place = std::find_if(busy_.begin(), busy_.end(),
                                  [&](const auto& held) { return held.get() == instance; });
  std::unique_ptr<Instance> released = std::move(*place);
  *place = std::move(busy_.back());
  busy_.pop_back();

  IsolateLock lock(shard_.seat(), *isolate_);
  if (fate == InstanceFate::broken) {
    drop(std::move(released));
    return ResetHow::fresh;
  }
  if (cpu >= kBrief && module_->reuse == Reuse::pristine && !released->resetsQuickly()) {
    worn_.push_back(std::move(released));
    return ResetHow::none;
  }
  return resetOrDrop(lock, std::move(released));
}

ResetHow InstancePool::resetOrDrop(IsolateLock& lock, std::unique_ptr<Instance> instance) {
  ResetHow how = ResetHow::none;
  bool keep = false;
  if (module_->reuse == Reuse::dirty) {
    keep = instance->saveGlobals(lock).has_value();
  } else {
    how = instance->reset();
    keep = how != ResetHow::none;
  }
  if (!keep) {
    drop(std::move(instance));
    return ResetHow::fresh;
  }
  if (TrackedMemory* tracked = instance->tracked();
      tracked && tracked->hotPages().size() > hot_.size()) {
    hot_ = tracked->hotPages();
  }
  idle_.push_back(std::move(instance));
  return how;
}

std::vector<ResetHow> InstancePool::tidy() {
  std::vector<ResetHow> how;
  if (!isolate_) return how;
  IsolateLock lock(shard_.seat(), *isolate_);
  for (std::unique_ptr<Instance>& instance : std::exchange(worn_, {})) {
    how.push_back(resetOrDrop(lock, std::move(instance)));
  }
  if (std::exchange(garbage_, false) || uncollected_ >= kCollectAfter) {
    collectDropped();
    lookAtHeap();
    collectAbove_ = heap_ + kGarbageAllowance;
  }
  return how;
}

void InstancePool::drop(std::unique_ptr<Instance> instance) {
  instance.reset();
  ++uncollected_;
}

void InstancePool::collectDropped() {
  IsolateLock lock(shard_.seat(), *isolate_);
  isolate_->collectGarbage();
  // Whatever it struck at, no guest was running.
  if (isolate_->takeHeapExhausted()) lock.raw()->CancelTerminateExecution();
  shard_.budget().release(uncollected_);
  uncollected_ = 0;
}

Result<void> InstancePool::warm() {
  while (idle_.size() < limits_.min && idle_.size() + inUse() < limits_.max) {
    ColdStart cold;
    Reason refusal = Reason::none;
    std::string error;
    if (!make(cold, refusal, error)) return Error{error};
    idle_.push_back(std::move(busy_.back()));
    busy_.pop_back();
  }
  return {};
}

bool InstancePool::evictIdle(std::size_t keep) {
  if (away_ || !isolate_) return false;
  if (!worn_.empty()) {
    IsolateLock lock(shard_.seat(), *isolate_);
    for (std::unique_ptr<Instance>& instance : std::exchange(worn_, {})) drop(std::move(instance));
  }
  const std::size_t count = idle_.size() - std::min(keep, idle_.size());
  if (count != 0) {
    IsolateLock lock(shard_.seat(), *isolate_);
    for (std::size_t i = 0; i < count; ++i) drop(std::move(idle_[i]));
    idle_.erase(idle_.begin(), idle_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (idle_.empty() && inUse() == 0) {
    unloadIsolate();
    return true;
  }
  const bool freed = uncollected_ != 0;
  if (freed) collectDropped();
  return freed;
}

void InstancePool::unloadIsolate() {
  if (!isolate_) return;
  if (loaded_) {
    IsolateLock lock(shard_.seat(), *isolate_);
    loaded_.reset();
  }
  shard_.seat().vacate(*isolate_);
  isolate_.reset();
  garbage_ = false;
  collectAbove_ = 0;
  heap_ = 0;
  shard_.budget().release(uncollected_);
  uncollected_ = 0;
}

void InstancePool::housekeep() {
  if (away_ || !isolate_) return;
  if (isolate_->tasks().pending()) {
    IsolateLock lock(shard_.seat(), *isolate_);
    isolate_->tasks().drain();
  }
  if (!heapChanged_) return;
  lookAtHeap();
  // V8 lets each isolate fill its young generation first; many isolates with few requests would
  // grow for a long time.
  if (collectAbove_ == 0) collectAbove_ = heap_ + kGarbageAllowance;
  garbage_ = heap_ > collectAbove_;
}

void InstancePool::lookAtHeap() {
  heap_ = isolate_->heapBytes();
  heapChanged_ = false;
}

PoolCounts InstancePool::counts() const {
  if (away_) return counted_;
  PoolCounts counts;
  counts.idle = idle_.size();
  counts.busy = inUse();
  counts.isolates = isolate_ ? 1 : 0;
  if (isolate_) counts.bytes = heap_;
  for (const auto& instance : idle_) counts.bytes += kInstanceOverhead + instance->ownBytes();
  for (const auto& instance : busy_) counts.bytes += kInstanceOverhead + instance->ownBytes();
  for (const auto& instance : worn_) counts.bytes += kInstanceOverhead + instance->ownBytes();
  counted_ = counts;
  return counts;
}

}  // namespace skiff
