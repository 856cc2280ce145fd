#pragma once

#include "quota/fair_queue.h"

namespace skiff {

class AppHost;

using WorkHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// What wants to run a guest of an app on a shard. When it has its turn, it alternates between what
/// the shard does for it and *sections* that run the guest, which may take long: a section has the
/// app's instance pool for itself, touches nothing else of the shard, and is performed on the
/// shard's thread, or beside the shard (*away*); a shard that is held up by one goes on without it.
/// One that is away waits there for a thread; until it has begun, Shard::withdraw() takes it back.
class Work : public FairItem {
 public:
  virtual AppHost& host() = 0;
  /// Its sections take long: they are performed beside the shard if a thread is free there.
  virtual bool isLong() const { return false; }

  /// On the shard: does what is next, up to a section or to where it has to wait; true for a
  /// section, for which the pool is home then.
  virtual bool prepare() = 0;
  /// On any thread: the section. Does not throw, short of a bug or of memory that runs out.
  virtual void perform() = 0;
  /// On the shard: what the section came to.
  virtual void settle() = 0;

  /// On the shard: its turn will come, but not at once.
  virtual void onTurnPosted() {}
  /// Begin and end of its turn, on the shard. It may be gone afterwards.
  virtual void onTurn() {}
  virtual void onTurnOver() {}
  /// On the shard: a section is away from now on, or was and is over or withdrawn.
  virtual void onAway() {}
  virtual void onHome() {}

  /// On the shard, with the pool home: an exception came out of one of these, or of perform(), and
  /// there is no outcome to settle. A bug, or no memory: it is over, and prepare() will say so.
  virtual void onFailed() noexcept = 0;

 protected:
  ~Work() = default;
};

}  // namespace skiff
