#pragma once

#include <memory>

#include "config/config.h"
#include "isolate/files/file_io.h"

namespace skiff {

class GuestThread;
class InstanceBudget;
class IsolateSeat;
class Nursery;

/// What the instance pools of one shard share: where isolates come from, how many instances there
/// may be, the thread's place in an isolate, and its activations. One thread.
class ShardEngine {
 public:
  /// REQUIRES: all outlive this.
  ShardEngine(Nursery& nursery, InstanceBudget& budget, GuestThread& thread, ResetMode reset);
  ~ShardEngine();
  ShardEngine(const ShardEngine&) = delete;
  ShardEngine& operator=(const ShardEngine&) = delete;

  Nursery& nursery() { return nursery_; }
  InstanceBudget& budget() { return budget_; }
  GuestThread& thread() { return thread_; }
  IsolateSeat& seat() { return *seat_; }
  ResetMode reset() const { return reset_; }
  /// Where requests' calls on files that may block are done; nullptr: on this thread.
  void setFileIo(wasi::FileIo* fileIo) { fileIo_ = fileIo; }
  wasi::FileIo* fileIo() const { return fileIo_; }

  /// Leaves the isolate that was used last: before the thread ends.
  void leaveIsolate();

 private:
  Nursery& nursery_;
  InstanceBudget& budget_;
  GuestThread& thread_;
  std::unique_ptr<IsolateSeat> seat_;
  ResetMode reset_;
  wasi::FileIo* fileIo_ = nullptr;
};

}  // namespace skiff
