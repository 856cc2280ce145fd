#pragma once

#include <algorithm>
#include <boost/intrusive/list.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <utility>

#include "isolate/engine.h"
#include "isolate/guest_place.h"
#include "quota/fair_places.h"
#include "quota/fair_queue.h"
#include "quota/hand_off.h"
#include "quota/thread_priority.h"

namespace skiff {

/// Something that a thread carries until it ends, or until the thread loses it to another.
class Carried {
 public:
  enum class End : std::uint8_t {
    ended,
    lost,  ///< another thread carries it now; this one is away (GuestThread::isAway)
  };
  /// On the thread that is to carry it.
  virtual End carry(GuestPlace& place) = 0;

 protected:
  ~Carried() = default;
};

/// The threads that run guests: those that carry the shards' loops, some that stand by to take one
/// over, and those that run guests beside the shards, at a lower priority.
///
/// A thread beside the shards is a guest's until it is done, and its stack is on it: nobody can
/// take it back. So tenants share them as FairPlaces says; threads that lost their shard to a guest
/// count as well as those that work for what was submitted. Submitted jobs for which there is no
/// thread wait, in an order that is fair by weight between tenants.
///
/// Any thread. Where the system has no further thread to give, goes on with those that there are.
class Runners {
 public:
  struct Limits {
    /// Threads beside the shards that are taken at a time; those that have nothing to do come on
    /// top. A tenant alone can have a quarter, and is to have enough of them for all processors.
    std::size_t away = std::max<std::size_t>(64, 8 * usableProcessors());
    /// Of these, how many jobs leave free for shards that are held up.
    std::size_t reserve = 8;
    /// Threads that stand by.
    std::size_t standby = 2;
    /// Of those that work for jobs, how many stay when there is none.
    std::size_t idle = 8;
  };
  /// Is not to throw: there is nobody to tell but the log.
  using Job = std::function<void(GuestPlace&)>;

  Runners(Engine& engine, Watchdog& watchdog) : Runners(engine, watchdog, Limits()) {}
  Runners(Engine& engine, Watchdog& watchdog, const Limits& limits);
  /// REQUIRES: everything that was carried has ended, and all jobs are done or withdrawn.
  ~Runners();
  Runners(const Runners&) = delete;
  Runners& operator=(const Runners&) = delete;

  /// Has a thread carry it from now on. Throws std::system_error if there is none.
  void carry(Carried& carried);

  // See HandOff. REQUIRES for takeOver: a thread is inside carry() of it, and stays there until
  // this has returned.
  HandOff::Reserved reserve(const TenantQuota* tenant);
  void release(const TenantQuota* tenant);
  void takeOver(Carried& carried, const TenantQuota* tenant);

  /// Runs the job beside the shards once there is a thread for it. False if there is no such thread
  /// at all, and none to be made: then the job is not run. `token` is the caller's name for it.
  /// REQUIRES: no job of this name waits.
  bool submit(const void* token, const TenantQuota& tenant, Job job) {
    return submit(token, tenant, std::move(job), Patience::waits);
  }
  /// The same for a job that is not to wait: false if no thread is free for it.
  bool submitNow(const void* token, const TenantQuota& tenant, Job job) {
    return submit(token, tenant, std::move(job), Patience::none);
  }
  /// Takes the job of this name back; false: it has begun, or there was none.
  bool withdraw(const void* token);

 private:
  enum class Kind : std::uint8_t { standby, worker };
  enum class Patience : std::uint8_t { waits, none };
  struct Carriage {
    Carried& carried;
    bool waits = true;  ///< for a thread that stands by
    /// While one carries: where it wants to know whose guest it lost what it carried to.
    const TenantQuota** loser = nullptr;
  };
  /// The place of a tenant's jobs in the queue. Kept while anybody's wait there, so that the
  /// tenant's turn does not come early for having had none waiting for a moment.
  struct Line {
    FairGroup group;
    FairFlow flow{group};
  };
  struct Waiting : FairItem {
    Waiting(const void* name, const TenantQuota* owner, Line& place, Job todo)
        : token(name), tenant(owner), line(place), job(std::move(todo)) {}
    const void* const token;
    const TenantQuota* const tenant;  ///< only compared: it may be gone when the job is done
    Line& line;                       ///< until it is assigned
    Job job;
    bool assigned = false;  ///< has its place, and a thread on its way to it
  };

  bool submit(const void* token, const TenantQuota& tenant, Job job, Patience patience);
  void keepStandbys();
  bool spawn(Kind kind);
  void assign();
  void freeWorker(const TenantQuota* tenant);
  void run(Kind kind);
  bool standBy(std::unique_lock<std::mutex>& lock, GuestPlace& place);
  void work(std::unique_lock<std::mutex>& lock, GuestPlace& place);

  Engine& engine_;
  Watchdog& watchdog_;
  const Limits limits_;

  std::mutex mutex_;
  std::condition_variable standbyWanted_;
  std::condition_variable workWanted_;
  std::condition_variable ended_;
  std::list<Carriage> carriages_;
  FairPlaces places_;
  std::map<const TenantQuota*, Line> lines_;
  FairQueue queue_;                         ///< jobs that wait for a place
  std::map<const void*, Waiting> waiting_;  ///< jobs that have not begun, by token
  boost::intrusive::list<FairItem, boost::intrusive::constant_time_size<false>> assigned_;
  std::size_t threads_ = 0;
  std::size_t standing_ = 0;  ///< by, and not wanted yet
  std::size_t reserved_ = 0;  ///< of these
  std::size_t lost_ = 0;      ///< that lost what they carried, and are not back
  std::size_t workers_ = 0;   ///< that are there for jobs
  std::size_t idle_ = 0;      ///< of these, those without one, not even one assigned
  bool stopping_ = false;
  bool spawnFailed_ = false;  ///< the last time
};

}  // namespace skiff
