#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "isolate/files/file_io.h"

namespace skiff::wasi {

/// A few threads for file calls that may block. Owners take turns, and none has more than half of
/// the threads, so that one whose disk hangs does not hold up the others. What waits is not bounded
/// here: a request has one call under way at most, and one that is gone takes its own back, but for
/// files to be closed, which count as open until then (OpenFileBudget).
class FileIoPool {
 public:
  using Owner = FileIo::Owner;
  static constexpr unsigned kThreads = 4;

  explicit FileIoPool(unsigned threads = kThreads);
  /// Stops, and waits for the calls that run.
  ~FileIoPool();
  FileIoPool(const FileIoPool&) = delete;
  FileIoPool& operator=(const FileIoPool&) = delete;

  /// From now on nothing begins any more; what runs goes on. Any thread.
  void stop();

  /// Any thread. REQUIRES: `work` does not throw.
  void submit(Owner owner, std::function<void()> work);

  /// Calls that wait for a thread. Any thread.
  std::size_t waiting() const;

 private:
  struct Queue {
    std::deque<std::function<void()>> work;
    unsigned running = 0;
  };

  void run();
  /// The owner whose turn it is; nullptr if none may run. REQUIRES: the mutex is held.
  Queue* next(Owner& owner);

  const unsigned perOwner_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::size_t waiting_ = 0;
  std::unordered_map<Owner, Queue> queues_;  ///< of owners with work that waits or runs
  std::deque<Owner> turns_;                  ///< of owners with work that waits
  std::vector<std::thread> threads_;
};

}  // namespace skiff::wasi
