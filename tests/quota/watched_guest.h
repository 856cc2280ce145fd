#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "quota/guest_thread.h"
#include "quota/hand_off.h"
#include "quota/quotas.h"
#include "quota/watchdog.h"

namespace skiff {

/// A thread that runs guests.
struct Place {
  explicit Place(Watchdog& watchdog_) : watchdog(watchdog_) {
    thread.bind();
    watchdog.add(thread);
  }
  ~Place() { watchdog.remove(thread); }

  Watchdog& watchdog;
  GuestThread thread;
};

/// A guest that computes until it is ended.
struct Spinner {
  std::atomic<int> interruptions{0};
  void spin(GuestThread& thread) {
    int heeded = 0;
    while (true) {
      const int sent = interruptions.load(std::memory_order_acquire);
      if (sent == heeded) continue;
      heeded = sent;
      if (thread.heed() == GuestThread::Command::end) return;
    }
  }
  ActivationBudget budget(std::chrono::nanoseconds cpu, std::chrono::steady_clock::duration wall) {
    return {
        .cpu = cpu,
        .deadline = std::chrono::steady_clock::now() + wall,
        .interrupt = [](void* self) { static_cast<Spinner*>(self)->interruptions.fetch_add(1); },
        .target = this};
  }
};

/// What a thread carries: who has it, and what it does when it gets it.
class Baton final : public HandOff {
 public:
  Reserved reserve(const TenantQuota* tenant_) override {
    ++reservations;
    tenant = tenant_;
    return answer;
  }
  void release(const TenantQuota* tenant_) override {
    EXPECT_EQ(tenant, tenant_);
    ++releases;
  }
  void takeOver(const TenantQuota* tenant_) override {
    EXPECT_EQ(tenant, tenant_);
    ++takeOvers;
    taken.store(true);
    taken.notify_all();
  }
  std::atomic<Reserved> answer{Reserved::yes};
  const TenantQuota* tenant = nullptr;  ///< the watchdog's
  std::atomic<int> reservations{0};
  std::atomic<int> releases{0};
  std::atomic<int> takeOvers{0};
  std::atomic<bool> taken{false};
};

inline std::shared_ptr<AppQuota> newAccount(const Limits& limits) {
  return std::make_shared<AppQuota>(std::make_shared<TenantQuota>("tenant", limits), "app", limits);
}

}  // namespace skiff
