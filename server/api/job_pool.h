#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace skiff {

/// A few threads for work that may block. Jobs of one key (a tenant) never hold more than
/// `runningPerKey` of the threads, nor more than `waitingPerKey` places in the queue, so that
/// nobody keeps the others out. Any thread.
class JobPool {
 public:
  struct Bounds {
    std::size_t threads = 4;
    std::size_t waiting = 128;
    std::size_t runningPerKey = 2;
    std::size_t waitingPerKey = 16;
  };

  explicit JobPool(Bounds bounds);
  ~JobPool();  ///< stop()
  JobPool(const JobPool&) = delete;
  JobPool& operator=(const JobPool&) = delete;

  /// False if there is no place. An empty key is bounded by the queue alone. `job` must not throw.
  bool submit(std::string key, std::function<void()> job);
  /// Drops what waits and returns when what runs is done. What is submitted from then on is
  /// refused.
  void stop();

 private:
  struct Job {
    std::string key;
    std::function<void()> work;
  };
  struct KeyLoad {
    std::size_t running = 0;
    std::size_t waiting = 0;
  };

  void run();
  std::deque<Job>::iterator nextJob();

  const Bounds bounds_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::map<std::string, KeyLoad> loads_;  ///< of keys with a job
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace skiff
