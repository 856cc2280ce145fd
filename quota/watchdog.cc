#include "quota/watchdog.h"

#include <pthread.h>

#include <algorithm>

#include "quota/cycle_clock.h"
#include "quota/guest_thread.h"
#include "quota/thread_priority.h"

namespace skiff {
namespace {

// How many looks find nothing before it sleeps, and how long it sleeps at most.
constexpr int kIdleLooks = 10;
constexpr std::chrono::milliseconds kSleep{20};
/// The longest pause between looks while guests run beside the shards, on the same processors. When
/// a shard wakes up there, the kernel may hold that the guest's thread is owed some time, and then
/// asks again only at the next clock tick (4 ms), or when some other thread wakes up: this one.
constexpr std::chrono::microseconds kBesideTick{250};
/// And yet the shortest, in times of what a look takes: with many threads, that is more.
constexpr int kRests = 20;

std::size_t processorsOf(const Watchdog::Settings& settings) {
  if (settings.processors != 0) return settings.processors;
  return usableProcessors();
}

}  // namespace

Watchdog::Watchdog(const Settings& settings)
    : settings_(settings), schedule_(processorsOf(settings)) {
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
  const GuestThread::Look look{now, settings_.slice, settings_.tick};
  std::chrono::nanoseconds next = GuestThread::kNever;
  for (GuestThread* thread : threads_) next = std::min(next, thread->inspect(look));
  if (next != GuestThread::kNever) schedule(now);
  return next;
}

void Watchdog::schedule(std::chrono::steady_clock::time_point now) {
  overrun_.clear();
  for (GuestThread* thread : threads_) {
    OverrunGuest guest;
    if (thread->describe(guest, now)) overrun_.push_back(guest);
  }
  if (overrun_.empty()) return;
  schedule_.decide(overrun_, now);
  for (const OverrunGuest& guest : overrun_) guest.thread->park(guest, now);
}

void Watchdog::run() {
  pthread_setname_np(pthread_self(), "watchdog");
  goFirst();
  std::unique_lock lock(mutex_);
  int idleLooks = 0;
  while (!stopping_) {
    const std::uint64_t begin = readCycles();
    const std::chrono::nanoseconds next = inspectAll();
    idleLooks = next == GuestThread::kNever ? idleLooks + 1 : 0;
    if (idleLooks < kIdleLooks) {
      std::chrono::nanoseconds longest = settings_.tick;
      if (!overrun_.empty()) {
        const std::chrono::nanoseconds look = cyclesToTime(readCycles() - begin);
        longest = std::min(longest, std::max<std::chrono::nanoseconds>(kBesideTick, look * kRests));
      }
      changed_.wait_for(lock, std::min(next, longest));
      continue;
    }
    woken_ = false;
    asleep_.store(true, std::memory_order_seq_cst);
    // An activation that began in between either sees that, or is seen here.
    if (inspectAll() == GuestThread::kNever) {
      changed_.wait_for(lock, kSleep, [this] { return stopping_ || woken_; });
    } else {
      woken_ = true;
    }
    asleep_.store(false, std::memory_order_relaxed);
    if (woken_) idleLooks = 0;
  }
}

}  // namespace skiff
