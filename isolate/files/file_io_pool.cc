#include "isolate/files/file_io_pool.h"

#include <pthread.h>

#include <algorithm>

namespace skiff::wasi {

FileIoPool::FileIoPool(unsigned threads) : perOwner_(std::max(1U, threads / 2)) {
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { run(); });
    ::pthread_setname_np(threads_.back().native_handle(), "skiff-file-io");
  }
}

void FileIoPool::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

FileIoPool::~FileIoPool() {
  stop();
  for (std::thread& thread : threads_) thread.join();
}

void FileIoPool::submit(Owner owner, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = queues_[owner];
    if (queue.work.empty()) turns_.push_back(owner);
    queue.work.push_back(std::move(work));
    ++waiting_;
  }
  changed_.notify_one();
}

std::size_t FileIoPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

FileIoPool::Queue* FileIoPool::next(Owner& owner) {
  const auto turn = std::find_if(turns_.begin(), turns_.end(), [this](Owner candidate) {
    return queues_.at(candidate).running < perOwner_;
  });
  if (turn == turns_.end()) return nullptr;
  owner = *turn;
  turns_.erase(turn);
  return &queues_.at(owner);
}

void FileIoPool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Owner owner = nullptr;
    Queue* queue = nullptr;
    changed_.wait(lock, [&] { return stopping_ || (queue = next(owner)) != nullptr; });
    if (stopping_) return;
    std::function<void()> work = std::move(queue->work.front());
    queue->work.pop_front();
    --waiting_;
    ++queue->running;
    if (!queue->work.empty()) turns_.push_back(owner);

    lock.unlock();
    work();
    work = nullptr;  // not under the lock
    lock.lock();
    // Others may have come and gone: the place in the map need not be the same.
    const auto found = queues_.find(owner);
    if (--found->second.running == 0 && found->second.work.empty()) queues_.erase(found);
    // It may be this owner's next call that was held back.
    if (!turns_.empty()) changed_.notify_one();
  }
}

}  // namespace skiff::wasi
