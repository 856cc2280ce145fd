#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>

#include "isolate/engine.h"
#include "isolate/guest_place.h"

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
/// over, and those that run guests which overran beside the shards, at a lower priority. Any
/// thread.
class Runners {
 public:
  struct Limits {
    /// Threads beside the shards at a time, those that lost their shard included. A tenant has at
    /// most half of them.
    std::size_t away = 32;
    /// Of these, how many are kept for shards that are held up, and not used for work() that begins
    /// away.
    std::size_t reserve = 8;
    /// Threads that stand by.
    std::size_t standby = 2;
    /// Of those for work that begins away, how many stay when there is none.
    std::size_t idle = 8;
  };

  Runners(Engine& engine, Watchdog& watchdog) : Runners(engine, watchdog, Limits()) {}
  Runners(Engine& engine, Watchdog& watchdog, const Limits& limits);
  /// REQUIRES: everything that was carried has ended, and all work is done.
  ~Runners();
  Runners(const Runners&) = delete;
  Runners& operator=(const Runners&) = delete;

  /// Has a thread carry it from now on.
  void carry(Carried& carried);

  /// See HandOff.
  bool reserve();
  void release();
  void takeOver(Carried& carried);

  /// Runs it beside the shards once a thread is free. Of those with the same `tenant` half of the
  /// threads at most are busy. `token` is the caller's name for it.
  void submit(const void* token, const void* tenant, std::function<void(GuestPlace&)> work);
  /// Takes it back; false: there is none of this name that has not begun.
  bool withdraw(const void* token);

 private:
  struct Job {
    const void* token;
    const void* tenant;
    std::function<void(GuestPlace&)> work;
  };

  void keepStandbys();
  void spawn(bool away);
  void run(bool away);
  /// Stands by and carries, until it has lost what it carried or is to end.
  Carried::End standBy(std::unique_lock<std::mutex>& lock, GuestPlace& place);
  /// Runs what is submitted, until it is to end.
  void workAway(std::unique_lock<std::mutex>& lock, GuestPlace& place);
  std::deque<Job>::iterator nextJob();

  Engine& engine_;
  Watchdog& watchdog_;
  const Limits limits_;

  std::mutex mutex_;
  std::condition_variable standbyWanted_;
  std::condition_variable workWanted_;
  std::condition_variable ended_;
  std::deque<Carried*> toCarry_;
  std::deque<Job> jobs_;
  std::map<const void*, std::size_t> busy_;  ///< threads by tenant
  std::size_t threads_ = 0;
  std::size_t standing_ = 0;  ///< by, and not wanted yet
  std::size_t reserved_ = 0;  ///< of these
  std::size_t away_ = 0;      ///< that lost what they carried, and are not back
  std::size_t workers_ = 0;   ///< that are there for submitted work
  std::size_t idle_ = 0;      ///< of these, those that have none
  bool stopping_ = false;
};

}  // namespace skiff
