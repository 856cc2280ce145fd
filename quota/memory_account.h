#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace skiff {

struct AppQuota;

/// Memory that a tenant or an app holds, against what it may hold (`memory_total`). Any thread.
class MemoryAccount {
 public:
  /// Takes `bytes` if the sum then is at most `limit`; all or nothing.
  bool tryTake(std::uint64_t bytes, std::uint64_t limit) {
    std::uint64_t held = held_.load(std::memory_order_relaxed);
    do {
      if (held > limit || bytes > limit - held) return false;
    } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
    return true;
  }
  void giveBack(std::uint64_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> held_{0};
};

/// What one instance has taken from its app's and its tenant's memory; gives it back when it goes.
/// One thread.
class MemoryCharge {
 public:
  /// `quota` nullptr: counts nothing.
  explicit MemoryCharge(std::shared_ptr<AppQuota> quota) : quota_(std::move(quota)) {}
  ~MemoryCharge();
  MemoryCharge(const MemoryCharge&) = delete;
  MemoryCharge& operator=(const MemoryCharge&) = delete;

  /// False if the app or the tenant may not hold so much more; all or nothing.
  bool take(std::uint64_t bytes);
  /// REQUIRES: so much was taken.
  void giveBack(std::uint64_t bytes);

 private:
  const std::shared_ptr<AppQuota> quota_;
  std::uint64_t taken_ = 0;
};

}  // namespace skiff
