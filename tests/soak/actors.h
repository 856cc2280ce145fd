#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/coldstart/latency_histogram.h"
#include "tests/soak/world.h"

namespace skiff::soak {

/// One thing that goes on, on a thread of its own, until World::stop: `act` again and again. What
/// it throws is a violation.
class Actors {
 public:
  explicit Actors(World& world) : world_(world) {}
  ~Actors() { finish(); }
  Actors(const Actors&) = delete;
  Actors& operator=(const Actors&) = delete;

  using Act = std::function<void(std::mt19937&)>;
  /// By the clock, every `pause`, and not by when the last one was over.
  void start(std::string name, std::chrono::milliseconds pause, Act act);
  /// Waits for all; World::stop is set.
  void finish();

 private:
  World& world_;
  std::vector<std::thread> threads_;
};

/// How long a quiet tenant's requests took.
class QuietTimes {
 public:
  void record(Clock::duration time) {
    const std::lock_guard lock(mutex_);
    histogram_.record(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
  }
  /// In milliseconds, of those since the last call; and how many.
  std::pair<double, std::uint64_t> takeP99() {
    const std::lock_guard lock(mutex_);
    const std::pair<double, std::uint64_t> found{static_cast<double>(histogram_.at(0.99)) / 1e6,
                                                 histogram_.count()};
    histogram_ = {};
    return found;
  }

 private:
  std::mutex mutex_;
  bench::LatencyHistogram histogram_;
};

// Each makes its actors.
void startQuiet(Actors& actors, World& world, QuietTimes& times);
void startVisitors(Actors& actors, World& world);
void startDeployers(Actors& actors, World& world);
void startAttackers(Actors& actors, World& world);

}  // namespace skiff::soak
