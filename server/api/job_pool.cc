#include "server/api/job_pool.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace skiff {

JobPool::JobPool(Bounds bounds) : bounds_(bounds) {
  for (std::size_t i = 0; i < bounds_.threads; ++i) threads_.emplace_back([this] { run(); });
}

JobPool::~JobPool() {
  stop();
}

bool JobPool::submit(std::string key, std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= bounds_.waiting) return false;
    if (!key.empty()) {
      KeyLoad& load = loads_[key];
      if (load.waiting >= bounds_.waitingPerKey) return false;
      ++load.waiting;
    }
    jobs_.push_back({std::move(key), std::move(job)});
  }
  wake_.notify_one();
  return true;
}

void JobPool::stop() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::deque<JobPool::Job>::iterator JobPool::nextJob() {
  return std::find_if(jobs_.begin(), jobs_.end(), [this](const Job& job) {
    return job.key.empty() || loads_[job.key].running < bounds_.runningPerKey;
  });
}

void JobPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    auto next = jobs_.end();
    wake_.wait(lock, [&] { return stopping_ || (next = nextJob()) != jobs_.end(); });
    if (stopping_) return;
    Job job = std::move(*next);
    jobs_.erase(next);
    if (!job.key.empty()) {
      --loads_[job.key].waiting;
      ++loads_[job.key].running;
    }
    lock.unlock();
    try {
      job.work();
    } catch (const std::exception& error) {
      spdlog::critical("a job of the API failed: {}", error.what());
    }
    job.work = nullptr;
    lock.lock();
    if (job.key.empty()) continue;
    const auto load = loads_.find(job.key);
    if (--load->second.running == 0 && load->second.waiting == 0) loads_.erase(load);
    // A job that this key kept waiting may be anybody's to take.
    wake_.notify_all();
  }
}

}  // namespace skiff
