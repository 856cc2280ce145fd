#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "config/config.h"

namespace skiff {

class Engine;
class GuestIsolate;

/// Blank isolates made ahead by a thread of its own, so that a cold start does not have to make
/// one. Shared by all shards; any thread.
class Nursery {
 public:
  /// Keeps `size` isolates ready; 0 makes none ahead.
  Nursery(Engine& engine, std::size_t size);
  ~Nursery();
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;

  /// A blank isolate whose heap has that limit: a ready one if it is the usual limit, else made now
  /// (some 1.5 ms). Throws if V8 cannot make one.
  std::unique_ptr<GuestIsolate> take(ByteSize heap = Limits().heap);
  std::size_t ready() const;
  /// Blocks until it is full. For benchmarks and start-up.
  void waitUntilFull();

 private:
  using Clock = std::chrono::steady_clock;

  /// After one was taken, none is made for so long while half of them are left.
  static constexpr std::chrono::milliseconds kQuiet{2};

  void run();

  Engine& engine_;
  const std::size_t size_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<GuestIsolate>> ready_;
  Clock::time_point lastTaken_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace skiff
