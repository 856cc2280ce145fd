#include "quota/watchdog.h"

#include <pthread.h>

#include <algorithm>

#include "quota/cycle_clock.h"
#include "quota/guest_thread.h"

namespace skiff {
namespace {

// How long it ticks on with nothing to see before it sleeps, and how long it sleeps at most.
constexpr int kIdleTicks = 50;
constexpr std::chrono::milliseconds kSleep{20};

}  // namespace

Watchdog::Watchdog(std::chrono::microseconds tick) : tick_(tick) {
  (void)cyclesToTime(0);
  thread_ = std::thread([this] { run(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void Watchdog::add(GuestThread& thread) {
  const std::lock_guard lock(mutex_);
  threads_.push_back(&thread);
  thread.watchdog_.store(this, std::memory_order_relaxed);
}

void Watchdog::remove(GuestThread& thread) {
  const std::lock_guard lock(mutex_);
  std::erase(threads_, &thread);
  thread.watchdog_.store(nullptr, std::memory_order_relaxed);
}

void Watchdog::wake() {
  if (!asleep_.exchange(false, std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

bool Watchdog::inspectAll() {
  const auto now = std::chrono::steady_clock::now();
  bool active = false;
  for (GuestThread* thread : threads_) active |= thread->inspect(now);
  return active;
}

void Watchdog::run() {
  pthread_setname_np(pthread_self(), "watchdog");
  std::unique_lock lock(mutex_);
  int idleTicks = 0;
  while (!stopping_) {
    idleTicks = inspectAll() ? 0 : idleTicks + 1;
    if (idleTicks < kIdleTicks) {
      changed_.wait_for(lock, tick_);
      continue;
    }
    woken_ = false;
    asleep_.store(true, std::memory_order_relaxed);
    changed_.wait_for(lock, kSleep, [this] { return stopping_ || woken_; });
    if (asleep_.exchange(false, std::memory_order_relaxed) && !woken_) {
      idleTicks = kIdleTicks - 1;  // nobody woke it: one look, then on with the sleep
    } else {
      idleTicks = 0;
    }
  }
}

}  // namespace skiff
