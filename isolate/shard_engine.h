#pragma once

#include <atomic>

#include "config/config.h"
#include "isolate/files/file_io.h"
#include "isolate/guest_place.h"

namespace skiff {

class InstanceBudget;
class Nursery;

/// What the instance pools of one shard share: where isolates come from, and how many instances
/// there may be. Any thread that has a GuestPlace, but for setFileIo().
class ShardEngine {
 public:
  /// REQUIRES: all outlive this.
  ShardEngine(Nursery& nursery, InstanceBudget& budget, ResetMode reset)
      : nursery_(nursery), budget_(budget), reset_(reset) {}
  ShardEngine(const ShardEngine&) = delete;
  ShardEngine& operator=(const ShardEngine&) = delete;

  Nursery& nursery() { return nursery_; }
  InstanceBudget& budget() { return budget_; }
  /// The calling thread's.
  static GuestThread& thread() { return GuestPlace::current().thread(); }
  static IsolateSeat& seat() { return GuestPlace::current().seat(); }
  ResetMode reset() const { return reset_; }
  /// Where requests' calls on files that may block are done; nullptr: on this thread.
  void setFileIo(wasi::FileIo* fileIo) { fileIo_ = fileIo; }
  wasi::FileIo* fileIo() const { return fileIo_; }

  /// Ends the guests that run, and every one that is entered from now on, with Reason::drained.
  void endGuests() { ends_.store(true, std::memory_order_relaxed); }
  const std::atomic<bool>& ends() const { return ends_; }

 private:
  Nursery& nursery_;
  InstanceBudget& budget_;
  const ResetMode reset_;
  std::atomic<bool> ends_{false};
  wasi::FileIo* fileIo_ = nullptr;
};

}  // namespace skiff
