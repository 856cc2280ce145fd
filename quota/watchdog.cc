#include "quota/watchdog.h"

#include <pthread.h>

#include <algorithm>

#include "quota/cycle_clock.h"
#include "quota/guest_thread.h"

namespace skiff {
namespace {

// The longest pause between two looks while guests run, and between two while none does.
constexpr std::chrono::milliseconds kCoarseTick{5};
// How many looks find nothing before it sleeps, and how long it sleeps at most.
constexpr int kIdleLooks = 10;
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

std::chrono::nanoseconds Watchdog::inspectAll() {
  const auto now = std::chrono::steady_clock::now();
  std::chrono::nanoseconds next = GuestThread::kNever;
  for (GuestThread* thread : threads_) next = std::min(next, thread->inspect(now));
  return next;
}

void Watchdog::run() {
  pthread_setname_np(pthread_self(), "watchdog");
  std::unique_lock lock(mutex_);
  int idleLooks = 0;
  while (!stopping_) {
    const std::chrono::nanoseconds next = inspectAll();
    idleLooks = next == GuestThread::kNever ? idleLooks + 1 : 0;
    if (idleLooks < kIdleLooks) {
      changed_.wait_for(lock, std::clamp<std::chrono::nanoseconds>(next, tick_, kCoarseTick));
      continue;
    }
    woken_ = false;
    asleep_.store(true, std::memory_order_relaxed);
    changed_.wait_for(lock, kSleep, [this] { return stopping_ || woken_; });
    asleep_.store(false, std::memory_order_relaxed);
    if (woken_) idleLooks = 0;
  }
}

}  // namespace skiff
