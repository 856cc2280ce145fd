#include "server/deadline_queue.h"

#include <vector>

namespace skiff {

DeadlineQueue::Entry DeadlineQueue::add(Clock::time_point deadline, DeadlineListener& listener) {
  const Entry entry = entries_.emplace_hint(entries_.end(), deadline, &listener);
  if (deadline < armed_) arm(deadline);
  return entry;
}

void DeadlineQueue::tellLimitsChanged() {
  std::vector<DeadlineListener*> listeners;
  listeners.reserve(entries_.size());
  for (const auto& [deadline, listener] : entries_) listeners.push_back(listener);
  for (DeadlineListener* const listener : listeners) listener->onLimitsChanged();
}

void DeadlineQueue::arm(Clock::time_point when) {
  armed_ = when;
  timer_.expires_at(when);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tell();  // else replaced by an earlier deadline, or stopped
  });
}

void DeadlineQueue::tell() {
  const auto now = Clock::now();
  // What is added meanwhile is looked at below. Also if a listener throws.
  armed_ = Clock::time_point::min();
  struct Rearm {
    DeadlineQueue& queue;
    ~Rearm() {
      queue.armed_ = kNever;
      if (!queue.entries_.empty()) queue.arm(queue.entries_.begin()->first);
    }
  } const rearm{*this};
  while (!entries_.empty() && entries_.begin()->first <= now) {
    DeadlineListener* const listener = entries_.begin()->second;
    entries_.erase(entries_.begin());
    listener->onDeadline();
  }
}

}  // namespace skiff
