#include "isolate/nursery.h"

#include <pthread.h>

#include <chrono>
#include <exception>

#include "isolate/guest_isolate.h"
#include "quota/thread_priority.h"

namespace skiff {

Nursery::Nursery(Engine& engine, std::size_t size) : engine_(engine), size_(size) {
  if (size_ != 0) thread_ = std::thread([this] { run(); });
}

Nursery::~Nursery() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::unique_ptr<GuestIsolate> Nursery::take(ByteSize heap) {
  if (heap == Limits().heap) {
    const std::lock_guard lock(mutex_);
    if (!ready_.empty()) {
      auto isolate = std::move(ready_.back());
      ready_.pop_back();
      lastTaken_ = Clock::now();
      changed_.notify_all();
      return isolate;
    }
  }
  return std::make_unique<GuestIsolate>(engine_, heap);
}

std::size_t Nursery::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_.size();
}

void Nursery::waitUntilFull() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || ready_.size() >= size_; });
}

void Nursery::run() {
  pthread_setname_np(pthread_self(), "nursery");
  letBeInterrupted(Background::ahead);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (ready_.size() >= size_) {
      changed_.wait(lock);
      continue;
    }
    // Whoever took one is about to serve a request with it, perhaps on this processor.
    const auto quietAt = lastTaken_ + kQuiet;
    if (ready_.size() > size_ / 2 && Clock::now() < quietAt) {
      changed_.wait_until(lock, quietAt);
      continue;
    }
    lock.unlock();
    std::unique_ptr<GuestIsolate> isolate;
    try {
      isolate = std::make_unique<GuestIsolate>(engine_);
    } catch (const std::exception&) {
      // take() tries again and reports it.
    }
    lock.lock();
    if (!isolate) {
      changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; });
      continue;
    }
    ready_.push_back(std::move(isolate));
    changed_.notify_all();
  }
}

}  // namespace skiff
