#include "server/deadline_queue.h"

#include <vector>

namespace skiff {

DeadlineQueue::Entry DeadlineQueue::add(Clock::time_point deadline, DeadlineListener& listener) {
  const Entry entry = entries_.emplace(deadline, &listener);
  if (entry == entries_.begin()) arm();
  return entry;
}

void DeadlineQueue::tellLimitsChanged() {
  std::vector<DeadlineListener*> listeners;
  listeners.reserve(entries_.size());
  for (const auto& [deadline, listener] : entries_) listeners.push_back(listener);
  for (DeadlineListener* const listener : listeners) listener->onLimitsChanged();
}

void DeadlineQueue::arm() {
  timer_.expires_at(entries_.begin()->first);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // replaced by an earlier deadline, or stopped
    const auto now = Clock::now();
    while (!entries_.empty() && entries_.begin()->first <= now) {
      DeadlineListener* const listener = entries_.begin()->second;
      entries_.erase(entries_.begin());
      listener->onDeadline();
    }
    if (!entries_.empty()) arm();
  });
}

}  // namespace skiff
