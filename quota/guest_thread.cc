#include "quota/guest_thread.h"

#include <pthread.h>

#include <algorithm>

#include "quota/cycle_clock.h"
#include "quota/watchdog.h"

namespace skiff {
namespace {

/// The watchdog looks at a running guest at least this often, so that much time at most can have
/// been CPU time before its first look; the rest was waiting for a processor.
constexpr std::chrono::nanoseconds kLongestBlind = std::chrono::milliseconds(5);

std::chrono::nanoseconds blindTime(std::uint64_t startCycles, std::uint64_t seenCycles) {
  return std::min(kLongestBlind, cyclesToTime(seenCycles - std::min(startCycles, seenCycles)));
}

std::chrono::nanoseconds readClock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return std::chrono::nanoseconds::zero();
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

void GuestThread::bind() {
  const std::lock_guard lock(mutex_);
  if (pthread_getcpuclockid(pthread_self(), &cpuClock_) != 0) cpuClock_ = CLOCK_MONOTONIC;
}

void GuestThread::begin(const ActivationBudget& budget) {
  cpuBudget_.store(budget.cpu.count(), std::memory_order_relaxed);
  deadline_.store(budget.deadline.time_since_epoch().count(), std::memory_order_relaxed);
  terminate_.store(budget.terminate, std::memory_order_relaxed);
  target_.store(budget.target, std::memory_order_relaxed);
  startCycles_.store(readCycles(), std::memory_order_relaxed);
  word_.store(word(++sequence_, kGuest), std::memory_order_release);
  if (Watchdog* watchdog = watchdog_.load(std::memory_order_relaxed)) watchdog->wakeIfAsleep();
}

ActivationReport GuestThread::end() {
  const std::uint64_t endCycles = readCycles();
  ActivationReport report;
  std::uint64_t expected = word(sequence_, kGuest);
  const bool regular =
      word_.compare_exchange_strong(expected, word(sequence_, kHost), std::memory_order_acq_rel);
  const std::uint64_t startCycles = startCycles_.load(std::memory_order_relaxed);
  if (regular && stampedSequence_.load(std::memory_order_acquire) != sequence_) {
    report.cpu = cyclesToTime(endCycles - startCycles);
    return report;
  }
  const std::lock_guard lock(mutex_);
  if (!regular) {
    report.terminated = terminated_;
    word_.store(word(sequence_, kHost), std::memory_order_release);
  }
  if (seenSequence_ == sequence_) {
    report.cpu = blindTime(startCycles, seenCycles_) + (threadCpu() - seenCpu_);
  } else {
    report.cpu = cyclesToTime(endCycles - startCycles);
  }
  return report;
}

std::chrono::nanoseconds GuestThread::threadCpu() const {
  return readClock(cpuClock_);
}

std::chrono::nanoseconds GuestThread::inspect(std::chrono::steady_clock::time_point now) {
  std::uint64_t seen = word_.load(std::memory_order_acquire);
  if ((seen & kStateMask) != kGuest) return kNever;

  const std::lock_guard lock(mutex_);
  const std::uint64_t sequence = seen >> kStateBits;
  const std::uint64_t startCycles = startCycles_.load(std::memory_order_relaxed);
  const bool isNew = seenSequence_ != sequence;
  if (isNew) {
    seenCycles_ = readCycles();
    seenCpu_ = threadCpu();
    seenSequence_ = sequence;
    stampedSequence_.store(sequence, std::memory_order_release);
  }
  const auto used = blindTime(startCycles, seenCycles_) + (threadCpu() - seenCpu_);
  const bool overCpu = used.count() >= cpuBudget_.load(std::memory_order_relaxed);
  const bool overWall = now.time_since_epoch().count() >= deadline_.load(std::memory_order_relaxed);
  const bool ended = endsGuests_.load(std::memory_order_relaxed);
  if (!overCpu && !overWall && !ended) {
    // Most activations are gone by the next look: only one that lasts is looked at closely.
    const std::chrono::nanoseconds budget(cpuBudget_.load(std::memory_order_relaxed));
    return isNew ? budget / 8 : std::chrono::nanoseconds::zero();
  }

  const auto terminate = terminate_.load(std::memory_order_relaxed);
  void* const target = target_.load(std::memory_order_relaxed);
  if (word_.compare_exchange_strong(seen, word(sequence, kTerminating),
                                    std::memory_order_acq_rel)) {
    terminated_ = overCpu ? Reason::cpuLimit : overWall ? Reason::wallLimit : Reason::drained;
    if (terminate) terminate(target);
  }
  return std::chrono::nanoseconds::zero();
}

}  // namespace skiff
