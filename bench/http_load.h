#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace skiff::bench {

using Clock = std::chrono::steady_clock;

struct LoadSettings {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  /// Requests a second, sent when they are due whatever has become of those before; their latency
  /// counts from then, so that waiting for a connection is not hidden. 0: each connection asks
  /// again as soon as it is answered.
  double rate = 0;
  std::function<std::string()> next;  ///< a request; on the load's thread
  bool isNoise = false;               ///< gives way to what is measured on the same processor
};

struct LoadReport {
  std::vector<double> milliseconds;  ///< latencies, sorted
  std::uint64_t failures = 0;        ///< answers that were not 2xx
  double seconds = 0;

  double quantile(double q) const;
  double perSecond() const { return static_cast<double>(milliseconds.size()) / seconds; }
};

/// Load on a thread of its own, from its construction to finish().
class HttpLoad {
 public:
  explicit HttpLoad(LoadSettings settings);
  ~HttpLoad();
  HttpLoad(const HttpLoad&) = delete;
  HttpLoad& operator=(const HttpLoad&) = delete;

  LoadReport finish();

 private:
  void run();

  const LoadSettings settings_;
  std::atomic<bool> stop_{false};
  LoadReport report_;
  std::thread thread_;
};

}  // namespace skiff::bench
