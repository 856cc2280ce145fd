#include "server/api/event_stream.h"

#include <utility>

namespace skiff {

EventStream::EventStream(std::function<void()> notify, std::size_t capacity)
    : notify_(std::move(notify)), capacity_(capacity) {}

void EventStream::start() {
  {
    const std::lock_guard lock(mutex_);
    started_ = true;
  }
  notify_();
}

bool EventStream::send(std::string_view event, std::string_view data) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || finished_) return false;
    if (pending_.size() + event.size() + data.size() > capacity_) {
      ++skipped_;
      return true;
    }
    appendNotice();
    append(event, data);
  }
  notify_();
  return true;
}

void EventStream::finish(std::string_view event, std::string_view data) {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    appendNotice();
    append(event, data);
    finished_ = true;
  }
  notify_();
}

void EventStream::finish() {
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    appendNotice();
    finished_ = true;
  }
  notify_();
}

bool EventStream::isClosed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void EventStream::hold(std::shared_ptr<void> teller) {
  const std::lock_guard lock(mutex_);
  teller_ = std::move(teller);
}

EventStream::Taken EventStream::take() {
  const std::lock_guard lock(mutex_);
  return {std::exchange(pending_, {}), started_, finished_};
}

bool EventStream::isStarted() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

void EventStream::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  pending_.clear();
}

void EventStream::append(std::string_view event, std::string_view data) {
  if (!event.empty()) pending_.append("event: ").append(event).append("\n");
  // A line end inside data would end the field, or forge another one.
  while (true) {
    const std::size_t end = data.find_first_of("\r\n");
    pending_.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.npos) break;
    data.remove_prefix(end + 1);
  }
  pending_.append("\n");
}

void EventStream::appendNotice() {
  if (skipped_ == 0) return;
  append("skipped", "{\"events\":" + std::to_string(skipped_) + "}");
  skipped_ = 0;
}

}  // namespace skiff
