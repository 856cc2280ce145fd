#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "config/config.h"
#include "isolate/memory/tracked_memory.h"
#include "isolate/prepared_module.h"
#include "isolate/shard_engine.h"
#include "quota/reason.h"

namespace skiff {

class GuestIsolate;
class Instance;
class IsolateLock;

/// The steps of a cold start that a request had to wait for; zero for those that were not needed.
struct ColdStart {
  bool happened = false;
  std::chrono::nanoseconds isolate{};
  std::chrono::nanoseconds module{};
  std::chrono::nanoseconds instantiate{};
  std::chrono::nanoseconds init{};
  std::chrono::nanoseconds initCpu{};  ///< of `init`, what the guest itself computed
  std::chrono::nanoseconds total() const { return isolate + module + instantiate + init; }
};

/// What became of an instance during a request.
enum class InstanceFate : std::uint8_t {
  returned,  ///< every call of it returned, or it exited and is not reused as it is: it can be
             ///< reset
  broken,    ///< trapped, terminated or left suspended: it is dropped
};

struct PoolCounts {
  std::size_t idle = 0;
  std::size_t busy = 0;
  std::size_t isolates = 0;
  std::size_t bytes = 0;  ///< heap and own pages, estimated
};

/// The instances of one version on one shard, in one isolate of their own. One thread at a time has
/// it: the shard's, or, while it is *away*, the one that runs a guest of it beside the shard. Then
/// the shard calls only what is said to work even so.
class InstancePool {
 public:
  struct Limits {
    std::size_t min = 0;
    std::size_t max = 64;
  };

  InstancePool(ShardEngine& shard, std::shared_ptr<const PreparedModule> module, Limits limits);
  /// REQUIRES: every instance has been released.
  ~InstancePool();
  InstancePool(const InstancePool&) = delete;
  InstancePool& operator=(const InstancePool&) = delete;

  /// Said by the shard, of a pool that it gives to another thread or has back.
  void setAway(bool away) { away_ = away; }
  bool isAway() const { return away_; }  ///< also while away

  /// A pristine instance that is idle; nullptr if none is.
  Instance* acquireIdle();
  /// A pristine instance: an idle one, else a new one, whose initialisation runs the guest. nullptr
  /// with `refusal` none: `max` are busy, wait for a release. nullptr with a reason: none is to be
  /// had (`error` has the detail).
  Instance* acquire(ColdStart& cold, Reason& refusal, std::string& error);
  /// Resets the instance and keeps it, or drops it. How it was reset; `fresh` if it was dropped;
  /// `none` if that might take long: then it is left to tidy(). `cpu`: what its request used.
  ResetHow release(Instance* instance, InstanceFate fate, std::chrono::nanoseconds cpu = {});

  /// Whether there is something for tidy() to do. Also while away: nothing then.
  bool wantsTidying() const {
    return !away_ && isolate_ && (!worn_.empty() || uncollected_ >= kCollectAfter || garbage_);
  }
  /// Resets or drops what release() left, and collects the engine's garbage: milliseconds, not to
  /// be spent on a shard's thread. How instances were reset.
  std::vector<ResetHow> tidy();

  /// Whether a request without a body may enter its guest plainly: the version never waits, or
  /// has not so far and can be begun again if it does.
  bool tryPlainEntry() const { return !module_->mayWait || (module_->repeatable && !waited_); }
  /// A guest that was entered plainly had to wait: its like are entered suspendably from now on.
  void noteWaited() { waited_ = true; }

  /// Makes instances until `min` are idle, which may run the guest's initialisation. What went
  /// wrong, if it did.
  Result<void> warm();
  /// Gives idle instances back, all but `keep`; the isolate too if none is left. Whether that freed
  /// anything.
  bool evictIdle(std::size_t keep);
  /// Whether evictIdle(0) would free anything.
  /// Also while away: nothing then.
  bool reclaimable() const {
    return !away_ && isolate_ && (!idle_.empty() || !worn_.empty() || uncollected_ || inUse() == 0);
  }
  /// Fewer than `min` are idle, and more may be made. Also while away: not then.
  bool wantsWarming() const {
    return !away_ && idle_.size() < limits_.min && idle_.size() + inUse() < limits_.max;
  }
  /// An instance could be had now, idle or new. Also while away: not then.
  bool available() const { return !away_ && (!idle_.empty() || inUse() < limits_.max); }
  /// Runs tasks that V8 wants run on this thread, and, if it was used since the last time, looks
  /// how much memory it takes and whether there is garbage to be tidied up. Also while away: does
  /// nothing then.
  void housekeep();

  GuestIsolate& isolate() { return *isolate_; }  ///< REQUIRES: an instance is there
  const PreparedModule& module() const { return *module_; }
  const Limits& limits() const { return limits_; }
  /// Also while away: as it was before.
  PoolCounts counts() const;

 private:
  struct Loaded;  ///< the module object in the isolate

  /// A dropped instance's addresses and mappings are free only after a collection, so one is asked
  /// for after so many.
  static constexpr std::size_t kCollectAfter = 64;

  /// `spare`: an instance that was in it already, to be adopted.
  bool loadIsolate(ColdStart& cold, std::unique_ptr<Instance>& spare, std::string& error);
  Instance* make(ColdStart& cold, Reason& refusal, std::string& error);
  ResetHow resetOrDrop(IsolateLock& lock, std::unique_ptr<Instance> instance);
  void drop(std::unique_ptr<Instance> instance);
  std::size_t inUse() const { return busy_.size() + worn_.size(); }
  void collectDropped();
  void unloadIsolate();
  void lookAtHeap();

  ShardEngine& shard_;
  const std::shared_ptr<const PreparedModule> module_;
  Limits limits_;
  std::unique_ptr<GuestIsolate> isolate_;
  std::unique_ptr<Loaded> loaded_;
  std::vector<std::unique_ptr<Instance>> idle_;  ///< used last at the back
  std::vector<std::unique_ptr<Instance>> busy_;
  std::vector<std::unique_ptr<Instance>> worn_;  ///< returned, for tidy() to reset
  HotPages hot_;
  bool waited_ = false;
  bool away_ = false;             ///< the shard's
  mutable PoolCounts counted_;    ///< the shard's: what counts() said last
  bool garbage_ = false;          ///< the heap has grown by it
  bool heapChanged_ = false;      ///< an instance was used since the last look
  std::size_t heap_ = 0;          ///< bytes at that look
  std::size_t collectAbove_ = 0;  ///< heap size at which the next look finds that
  std::size_t uncollected_ = 0;   ///< dropped instances that V8 has not freed yet
};

}  // namespace skiff
