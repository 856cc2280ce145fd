#pragma once

namespace skiff {

/// Gives what a thread carries (a shard's loop) to another thread when a guest holds it up. All
/// calls from the watchdog's thread, and quick.
class HandOff {
 public:
  /// Sets a thread aside that could take over; false if there is none to be had now.
  virtual bool reserve() = 0;
  /// It was not needed. REQUIRES: reserved.
  virtual void release() = 0;
  /// The thread that carried is away now: the one set aside goes on. REQUIRES: reserved.
  virtual void takeOver() = 0;

 protected:
  ~HandOff() = default;
};

}  // namespace skiff
