#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>

namespace skiff {

/// Told when its deadline has come.
class DeadlineListener {
 public:
  virtual void onDeadline() = 0;
  /// Limits have changed: its deadline may be another one now. It may remove itself and be added.
  virtual void onLimitsChanged() = 0;

 protected:
  ~DeadlineListener() = default;
};

/// The deadlines of the requests that wait, on one timer of the shard. One thread.
class DeadlineQueue {
 public:
  using Clock = std::chrono::steady_clock;
  using Entries = std::multimap<Clock::time_point, DeadlineListener*>;
  using Entry = Entries::iterator;

  explicit DeadlineQueue(boost::asio::io_context& context) : timer_(context) {}

  /// `listener` is told once, from the loop, unless removed before. The entry is gone by then.
  /// Cheap for deadlines in ascending order.
  Entry add(Clock::time_point deadline, DeadlineListener& listener);
  void remove(Entry entry) { entries_.erase(entry); }
  /// Has all listeners look at their deadlines anew.
  void tellLimitsChanged();
  /// Tells nobody any more; for the end of the shard.
  void stop() {
    entries_.clear();
    timer_.cancel();
    armed_ = kNever;
  }

 private:
  static constexpr Clock::time_point kNever = Clock::time_point::max();

  void arm(Clock::time_point when);
  void tell();

  boost::asio::steady_timer timer_;
  Entries entries_;
  /// When the timer will look. Perhaps for nothing, if what it was armed for was removed: most
  /// deadlines never come, and the timer is not set anew for each.
  Clock::time_point armed_ = kNever;
};

}  // namespace skiff
