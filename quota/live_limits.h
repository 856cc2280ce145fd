#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "config/config.h"

namespace skiff {

/// A tenant's or an app's limits as they are now: changed while requests are in flight, and read
/// anew wherever one is applied. Each limit is changed for itself; who needs two that belong
/// together must bear that one of them is older. `heap` is none of them: isolates are made with it.
/// Any thread.
class LiveLimits {
 public:
  explicit LiveLimits(const Limits& limits) { set(limits); }
  LiveLimits(const LiveLimits&) = delete;
  LiveLimits& operator=(const LiveLimits&) = delete;

  void set(const Limits& limits) {
    cpu_ = limits.cpu;
    wall_ = limits.wall;
    requestBody_ = limits.requestBody;
    responseBody_ = limits.responseBody;
    queue_ = limits.queue;
    memory_ = limits.memory;
    cpuShare_ = limits.cpuShare;
    cpuBurst_ = limits.cpuBurst;
    weight_ = limits.weight;
    memoryTotal_ = limits.memoryTotal;
    concurrency_ = limits.concurrency;
    rate_ = limits.rate;
    rateBurst_ = limits.rateBurst;
    ioBytesPerSecond_ = limits.ioBytesPerSecond;
    ioOpsPerSecond_ = limits.ioOpsPerSecond;
    logBytesPerSecond_ = limits.logBytesPerSecond;
  }

  std::chrono::milliseconds cpu() const { return cpu_; }
  std::chrono::milliseconds wall() const { return wall_; }
  ByteSize requestBody() const { return requestBody_; }
  ByteSize responseBody() const { return responseBody_; }
  std::chrono::milliseconds queue() const { return queue_; }
  ByteSize memory() const { return memory_; }
  std::uint32_t cpuShare() const { return cpuShare_; }
  std::chrono::milliseconds cpuBurst() const { return cpuBurst_; }
  std::uint32_t weight() const { return weight_; }
  ByteSize memoryTotal() const { return memoryTotal_; }
  std::uint32_t concurrency() const { return concurrency_; }
  std::uint32_t rate() const { return rate_; }
  /// Resolved: at least 1.
  std::uint32_t rateBurst() const {
    const std::uint32_t burst = rateBurst_;
    return burst != 0 ? burst : std::max<std::uint32_t>(1, rate_);
  }
  ByteSize ioBytesPerSecond() const { return ioBytesPerSecond_; }
  std::uint32_t ioOpsPerSecond() const { return ioOpsPerSecond_; }
  ByteSize logBytesPerSecond() const { return logBytesPerSecond_; }

 private:
  template <class T>
  class Value {
   public:
    Value& operator=(T value) {
      value_.store(value, std::memory_order_relaxed);
      return *this;
    }
    operator T() const { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<T> value_{};
  };

  Value<std::chrono::milliseconds> cpu_;
  Value<std::chrono::milliseconds> wall_;
  Value<ByteSize> requestBody_;
  Value<ByteSize> responseBody_;
  Value<std::chrono::milliseconds> queue_;
  Value<ByteSize> memory_;
  Value<std::uint32_t> cpuShare_;
  Value<std::chrono::milliseconds> cpuBurst_;
  Value<std::uint32_t> weight_;
  Value<ByteSize> memoryTotal_;
  Value<std::uint32_t> concurrency_;
  Value<std::uint32_t> rate_;
  Value<std::uint32_t> rateBurst_;
  Value<ByteSize> ioBytesPerSecond_;
  Value<std::uint32_t> ioOpsPerSecond_;
  Value<ByteSize> logBytesPerSecond_;
};

}  // namespace skiff
