#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/process.h"
#include "tests/soak/report.h"

namespace skiff::soak {

struct Reading {
  Clock::time_point when;
  e2e::ProcessReadings of;
};

/// How many of its descriptors are sockets.
std::size_t socketsOf(pid_t process);

/// Takes readings of the daemon twice a second, by generation: a restart begins a new one. Callable
/// from any thread.
class Readings {
 public:
  explicit Readings(pid_t process);
  ~Readings();
  Readings(const Readings&) = delete;
  Readings& operator=(const Readings&) = delete;

  /// It is about to hand over: what it has from now on says nothing.
  void pause();
  void follow(pid_t process);
  e2e::ProcessReadings last() const;
  /// One line a generation; reports where memory, descriptors or threads grow.
  void judge(Report& report) const;

 private:
  struct Generation {
    pid_t process = -1;
    std::vector<Reading> readings = {};
    bool isOver = false;
  };
  void run();

  mutable std::mutex mutex_;
  std::vector<Generation> generations_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace skiff::soak
