#include "quota/watchdog.h"

#include <pthread.h>

#include <algorithm>

#include "quota/cycle_clock.h"
#include "quota/thread_priority.h"

namespace skiff {
namespace {

// How many looks find nothing before it sleeps, and how long it sleeps at most.
constexpr int kIdleLooks = 10;
constexpr std::chrono::milliseconds kSleep{20};
/// The longest pause between looks while guests run beside shards that are busy, on the same
/// processors. When a shard that ran just now wakes up there, the kernel may hold that the guest's
/// thread is owed some time, and then asks again only at the next clock tick (4 ms), or when some
/// other thread wakes up: this one.
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
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    rests_.store(false, std::memory_order_relaxed);
  }
  // It may run before this returns: not to find the mutex held.
  changed_.notify_one();
}

GuestThread::Outlook Watchdog::inspectAll() {
  const auto now = std::chrono::steady_clock::now();
  const GuestThread::Look look{now, settings_.slice, settings_.tick, settings_.awayTick};
  GuestThread::Outlook all;
  for (GuestThread* thread : threads_) {
    const GuestThread::Outlook one = thread->inspect(look);
    all.next = std::min(all.next, one.next);
    all.usedShard = all.usedShard || one.usedShard;
  }
  // If nothing runs just now, what was away a moment ago may be back in another.
  if (all.next != GuestThread::kNever) schedule(now);
  return all;
}

void Watchdog::schedule(std::chrono::steady_clock::time_point now) {
  overrun_.clear();
  for (GuestThread* thread : threads_) {
    OverrunGuest guest;
    if (thread->describe(guest, now)) overrun_.push_back(guest);
  }
  bool hasParked = false;
  if (!overrun_.empty()) schedule_.decide(overrun_, now);
  for (const OverrunGuest& guest : overrun_) {
    guest.thread->park(guest, now);
    hasParked = hasParked || (!guest.runs && !guest.throttled);
  }
  hasParked_.store(hasParked, std::memory_order_relaxed);
}

/// While guests run on shards, after a look that took `look`.
std::chrono::nanoseconds Watchdog::longestPause(std::chrono::nanoseconds look) const {
  if (overrun_.empty()) return settings_.tick;
  return std::min<std::chrono::nanoseconds>(
      settings_.tick, std::max<std::chrono::nanoseconds>(kBesideTick, look * kRests));
}

void Watchdog::run() {
  pthread_setname_np(pthread_self(), "watchdog");
  goFirst();
  std::unique_lock lock(mutex_);
  std::uint64_t lastUse = readCycles();  // of a shard, by a guest
  const auto isQuiet = [&](std::uint64_t at) {
    return cyclesToTime(at - lastUse) > settings_.quiet;
  };
  int idleLooks = 0;
  while (!stopping_) {
    const std::uint64_t begin = readCycles();
    const bool rests = idleLooks >= kIdleLooks || isQuiet(begin);
    woken_ = false;
    rests_.store(rests, std::memory_order_seq_cst);
    // An activation that begins either sees that or is seen here.
    const GuestThread::Outlook found = inspectAll();
    if (found.usedShard) lastUse = begin;
    const bool isIdle = found.next == GuestThread::kNever && !found.usedShard;
    idleLooks = isIdle ? idleLooks + 1 : 0;
    std::chrono::nanoseconds pause = found.next;
    if (isIdle && rests) {
      pause = kSleep;
    } else if (!isQuiet(begin)) {
      pause = std::min(pause, longestPause(cyclesToTime(readCycles() - begin)));
    }
    changed_.wait_for(lock, pause, [this] { return stopping_ || woken_; });
  }
}

}  // namespace skiff
