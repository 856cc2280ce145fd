#include "server/observe/log_tail.h"

namespace skiff {

LogTail::Subscription::~Subscription() {
  const std::lock_guard lock(tail_->mutex_);
  tail_->listeners_.erase(place_);
}

void LogTail::append(std::string_view line) {
  const std::lock_guard lock(mutex_);
  lines_.emplace_back(line);
  bytes_ += line.size();
  while (lines_.size() > kMostLines || (bytes_ > kMostBytes && lines_.size() > 1)) {
    bytes_ -= lines_.front().size();
    lines_.pop_front();
  }
  for (const Listener& listener : listeners_) listener(line);
}

std::unique_ptr<LogTail::Subscription> LogTail::follow(Listener listener) {
  const std::lock_guard lock(mutex_);
  for (const std::string& line : lines_) listener(line);
  listeners_.push_back(std::move(listener));
  return std::unique_ptr<Subscription>(
      new Subscription(shared_from_this(), std::prev(listeners_.end())));
}

}  // namespace skiff
