#include "quota/guest_thread.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "quota/cycle_clock.h"
#include "quota/hand_off.h"
#include "quota/overrun_schedule.h"
#include "quota/quotas.h"
#include "quota/thread_priority.h"
#include "quota/watchdog.h"

namespace skiff {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// The watchdog looks at a running guest at least this often, so that much time at most can have
/// been CPU time before its first look; the rest was waiting for a processor.
constexpr nanoseconds kLongestBlind = std::chrono::milliseconds(5);
/// How often a hand-off is tried in one look while the guest is in host functions.
constexpr int kHandOffTries = 200;
/// The shortest pause between two looks, for a guest that is about to reach its limit.
constexpr nanoseconds kFineTick = std::chrono::microseconds(200);

nanoseconds blindTime(std::uint64_t startCycles, std::uint64_t seenCycles) {
  return std::min(kLongestBlind, cyclesToTime(seenCycles - std::min(startCycles, seenCycles)));
}

nanoseconds readClock(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return nanoseconds::zero();
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

}  // namespace

void GuestThread::bind() {
  const std::lock_guard lock(mutex_);
  if (pthread_getcpuclockid(pthread_self(), &cpuClock_) != 0) cpuClock_ = CLOCK_MONOTONIC;
  threadId_ = ::gettid();
}

void GuestThread::carry(HandOff* handOff) {
  away_ = handOff == nullptr;
  handOff_.store(handOff, std::memory_order_relaxed);
}

void GuestThread::begin(const ActivationBudget& budget) {
  budget_ = budget;
  startCycles_ = readCycles();
  word_.begin(away_);
  if (Watchdog* watchdog = watchdog_.load(std::memory_order_relaxed)) watchdog->wakeIfResting();
}

ActivationReport GuestThread::end() {
  const std::uint64_t endCycles = readCycles();
  ActivationReport report;
  if (word_.end()) away_ = true;
  if (!word_.wasClaimed()) {
    report.cpu = cyclesToTime(endCycles - startCycles_);
    if (budget_.quota) budget_.quota->chargeCpu(report.cpu);
    return report;
  }
  std::unique_lock lock(mutex_);
  if (handOffDue_.exchange(false, std::memory_order_relaxed)) {
    handOff_.load(std::memory_order_relaxed)
        ->release(budget_.quota ? budget_.quota->tenant.get() : nullptr);
  }
  report.terminated = terminated_;
  report.cpu = usedSoFar();
  charge(report.cpu);
  if (throttled_) {
    budget_.quota->tenant->addThrottled(Clock::now() - throttledSince_);
    throttled_ = false;
  }
  if (terminated_ == Reason::cpuLimit) {
    report.late = report.cpu - limitCpu_;
  } else if (terminated_ != Reason::none) {
    report.late = Clock::now() - limitTime_;
  }
  report.late = std::max(report.late, nanoseconds::zero());
  // An interruption may still strike, on this thread, before its next activation.
  parked_ = warningDue_ = false;
  terminated_ = Reason::none;
  lock.unlock();
  Watchdog* const watchdog = watchdog_.load(std::memory_order_relaxed);
  if (away_ && watchdog && watchdog->hasParked()) watchdog->wakeIfResting();
  return report;
}

GuestThread::Command GuestThread::heed() {
  std::unique_lock lock(mutex_);
  // An interruption may strike in a later activation than the one it was meant for, or in none.
  if (claimed_ != word_.sequence()) return Command::none;
  unparked_.wait(lock, [&] { return !parked_ || terminated_ != Reason::none; });
  if (terminated_ != Reason::none) return Command::end;
  return std::exchange(warningDue_, false) ? Command::warn : Command::none;
}

nanoseconds GuestThread::threadCpu() const {
  return readClock(cpuClock_);
}

nanoseconds GuestThread::usedSoFar() const {
  return blindTime(startCycles_, seenCycles_) + (threadCpu() - seenCpu_);
}

nanoseconds GuestThread::cpuLimit() const {
  return (budget_.quota ? nanoseconds(budget_.quota->limits.cpu()) : budget_.cpu) - budget_.used;
}

GuestThread::Clock::time_point GuestThread::deadline() const {
  return budget_.quota ? budget_.start + budget_.quota->limits.wall() : budget_.deadline;
}

void GuestThread::charge(nanoseconds used) {
  if (budget_.quota) budget_.quota->chargeCpu(used - charged_);
  charged_ = used;
}

GuestThread::Outlook GuestThread::inspect(const Look& look) {
  const ActivationWord::Seen seen = word_.look();
  const bool isNew = std::exchange(lastLook_, seen.sequence) != seen.sequence;
  if (seen.state == ActivationWord::State::idle) {
    return {kNever, isNew && handOff_.load(std::memory_order_relaxed) != nullptr};
  }
  const bool usesShard = seen.state != ActivationWord::State::away;
  const std::lock_guard lock(mutex_);
  if (!word_.claim(seen.sequence)) return {look.tick, usesShard};
  if (claimed_ != seen.sequence) {
    claimed_ = seen.sequence;
    seenCycles_ = readCycles();
    seenCpu_ = threadCpu();
    charged_ = scheduled_ = {};
    terminated_ = Reason::none;
    refusedAt_.reset();
    parked_ = throttled_ = warned_ = warningDue_ = false;
  }
  return {inspectClaimed(look, seen.state), usesShard};
}

nanoseconds GuestThread::inspectClaimed(const Look& look, ActivationWord::State state) {
  const nanoseconds used = usedSoFar();
  charge(used);
  if (terminated_ != Reason::none) return look.tick;
  if (budget_.warns && !warned_) warn(used);
  const nanoseconds limit = cpuLimit();
  if (used >= limit) {
    limitCpu_ = limit;
    terminate(Reason::cpuLimit);
  } else if (look.now >= deadline()) {
    limitTime_ = deadline();
    terminate(Reason::wallLimit);
  } else if (budget_.ends && budget_.ends->load(std::memory_order_relaxed)) {
    limitTime_ = look.now;
    terminate(Reason::drained);
  } else if (budget_.abandoned && budget_.abandoned->load(std::memory_order_relaxed)) {
    limitTime_ = look.now;
    terminate(Reason::clientGone);
  } else if (used >= look.slice && state != ActivationWord::State::away) {
    tryHandOff(look, used);
  }
  const nanoseconds cpuLeft = limit - used - (budget_.warns && !warned_ ? warningTime() : 0ns);
  const nanoseconds left = std::min<nanoseconds>(cpuLeft, deadline() - look.now);
  const nanoseconds tick = state == ActivationWord::State::away ? look.awayTick : look.tick;
  return std::clamp(left, std::min(kFineTick, tick), tick);
}

/// How much CPU time before its limit it is warned.
nanoseconds GuestThread::warningTime() const {
  return (cpuLimit() + budget_.used) / 10;
}

void GuestThread::tryHandOff(const Look& look, nanoseconds used) {
  HandOff* const handOff = handOff_.load(std::memory_order_relaxed);
  if (!handOff) return;
  const TenantQuota* const tenant = budget_.quota ? budget_.quota->tenant.get() : nullptr;
  if (handOffDue_.load(std::memory_order_relaxed)) {
    if (handOffNow(*handOff, tenant)) handOffDue_.store(false, std::memory_order_relaxed);
    return;
  }
  const HandOff::Reserved reserved = handOff->reserve(tenant);
  if (reserved == HandOff::Reserved::refused) return onRefused(look, used);
  refusedAt_.reset();
  if (reserved == HandOff::Reserved::no) return;
  for (int i = 0; i < kHandOffTries; ++i) {
    if (handOffNow(*handOff, tenant)) return;
    if (word_.look().state == ActivationWord::State::idle) return handOff->release(tenant);
    pauseProcessor();
  }
  handOffDue_.store(true, std::memory_order_relaxed);
}

bool GuestThread::handOffNow(HandOff& handOff, const TenantQuota* tenant) {
  if (!word_.handOff(claimed_)) return false;
  handOff_.store(nullptr, std::memory_order_relaxed);
  handOff.takeOver(tenant);
  lowerPriority(threadId_);
  return true;
}

void GuestThread::giveAway() {
  const std::lock_guard lock(mutex_);
  HandOff* const handOff = handOff_.load(std::memory_order_relaxed);
  if (!handOffDue_.exchange(false, std::memory_order_relaxed)) return;
  // It is the owner itself that is in the guest: nothing can come between.
  handOffNow(*handOff, budget_.quota ? budget_.quota->tenant.get() : nullptr);
}

void GuestThread::onRefused(const Look& look, nanoseconds used) {
  if (!refusedAt_) refusedAt_ = used;
  if (used - *refusedAt_ < HandOff::kPatience) return;
  limitTime_ = look.now;
  terminate(Reason::overloaded);
}

void GuestThread::terminate(Reason reason) {
  terminated_ = reason;
  unparked_.notify_one();
  interrupt();
}

void GuestThread::warn(nanoseconds used) {
  if (cpuLimit() - used > warningTime()) return;
  warned_ = warningDue_ = true;
  interrupt();
}

void GuestThread::interrupt() {
  if (budget_.interrupt) budget_.interrupt(budget_.target);
}

bool GuestThread::describe(OverrunGuest& guest, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (word_.look().state != ActivationWord::State::away) return false;
  if (!word_.claim(claimed_) || terminated_ != Reason::none || !budget_.quota) return false;
  guest.thread = this;
  guest.activation = claimed_;
  guest.tenant = budget_.quota->tenant.get();
  guest.app = budget_.quota;
  guest.weights = {.tenant = std::max(1U, guest.tenant->limits.weight()),
                   .app = std::max(1U, guest.app->limits.weight())};
  const nanoseconds used = charged_;
  guest.cpu = used - scheduled_;
  guest.total = used;
  scheduled_ = used;
  guest.throttled = budget_.quota->cpuWait(now).count() > 0;
  guest.runs = !parked_;
  return true;
}

void GuestThread::park(const OverrunGuest& guest, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (claimed_ != guest.activation || !word_.claim(claimed_) || terminated_ != Reason::none) return;
  if (throttled_ != guest.throttled) {
    if (throttled_) guest.tenant->addThrottled(now - throttledSince_);
    throttled_ = guest.throttled;
    throttledSince_ = now;
  }
  if (parked_ != guest.runs) return;
  parked_ = !guest.runs;
  if (parked_) {
    interrupt();
  } else {
    unparked_.notify_one();
  }
}

}  // namespace skiff
