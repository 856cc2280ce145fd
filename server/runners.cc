#include "server/runners.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "quota/thread_priority.h"

namespace skiff {

Runners::Runners(Engine& engine, Watchdog& watchdog, const Limits& limits)
    : engine_(engine), watchdog_(watchdog), limits_(limits) {
  const std::lock_guard lock(mutex_);
  keepStandbys();
}

Runners::~Runners() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  standbyWanted_.notify_all();
  workWanted_.notify_all();
  ended_.wait(lock, [this] { return threads_ == 0; });
}

void Runners::carry(Carried& carried) {
  const std::lock_guard lock(mutex_);
  toCarry_.push_back(&carried);
  standbyWanted_.notify_one();
  if (standing_ == reserved_) spawn(false);
  --standing_;
  keepStandbys();
}

bool Runners::reserve() {
  const std::lock_guard lock(mutex_);
  if (standing_ == reserved_ || away_ + workers_ - idle_ >= limits_.away) return false;
  ++reserved_;
  return true;
}

void Runners::release() {
  const std::lock_guard lock(mutex_);
  --reserved_;
}

void Runners::takeOver(Carried& carried) {
  const std::lock_guard lock(mutex_);
  --reserved_;
  --standing_;
  ++away_;
  toCarry_.push_back(&carried);
  standbyWanted_.notify_one();
  keepStandbys();
}

void Runners::keepStandbys() {
  while (standing_ < limits_.standby) spawn(false);
}

void Runners::submit(const void* token, const void* tenant, std::function<void(GuestPlace&)> work) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({token, tenant, std::move(work)});
  if (idle_ == 0 && away_ + workers_ + limits_.reserve < limits_.away) spawn(true);
  workWanted_.notify_one();
}

bool Runners::withdraw(const void* token) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(jobs_, [token](const Job& job) { return job.token == token; }) != 0;
}

/// Counts it at once, so that whoever holds the mutex may count on it.
void Runners::spawn(bool away) {
  ++threads_;
  ++(away ? workers_ : standing_);
  if (away) ++idle_;
  // Ends by itself; the destructor waits for it.
  std::thread([this, away] { run(away); }).detach();
}

void Runners::run(bool away) {
  {
    GuestPlace place(watchdog_);
    std::unique_lock lock(mutex_, std::defer_lock);
    if (away) {
      lowerPriority(::gettid());
      lock.lock();
    } else {
      preferShortSlices();
      lock.lock();
      if (standBy(lock, place) == Carried::End::lost) {
        // It has lost its priority with its shard, and goes on as one of the others.
        --away_;
        ++workers_;
        ++idle_;
        away = true;
      }
    }
    if (away) workAway(lock, place);
  }
  engine_.forgetThread();
  const std::lock_guard lock(mutex_);
  if (--threads_ == 0) ended_.notify_all();
}

Carried::End Runners::standBy(std::unique_lock<std::mutex>& lock, GuestPlace& place) {
  pthread_setname_np(pthread_self(), "standby");
  while (true) {
    standbyWanted_.wait(lock, [this] { return stopping_ || !toCarry_.empty(); });
    if (toCarry_.empty()) break;
    Carried& carried = *toCarry_.front();
    toCarry_.pop_front();
    lock.unlock();
    const Carried::End end = carried.carry(place);
    lock.lock();
    if (end == Carried::End::lost) return end;
    ++standing_;
  }
  --standing_;
  return Carried::End::ended;
}

std::deque<Runners::Job>::iterator Runners::nextJob() {
  return std::find_if(jobs_.begin(), jobs_.end(), [this](const Job& job) {
    const auto busy = busy_.find(job.tenant);
    return busy == busy_.end() || busy->second < limits_.away / 2;
  });
}

void Runners::workAway(std::unique_lock<std::mutex>& lock, GuestPlace& place) {
  pthread_setname_np(pthread_self(), "overrun");
  while (true) {
    auto next = nextJob();
    while (next == jobs_.end() && !stopping_ && idle_ <= limits_.idle) {
      workWanted_.wait(lock);
      next = nextJob();
    }
    if (next == jobs_.end()) break;  // there are enough of its kind
    Job job = std::move(*next);
    jobs_.erase(next);
    --idle_;
    ++busy_[job.tenant];
    lock.unlock();
    job.work(place);
    job.work = nullptr;
    lock.lock();
    if (--busy_[job.tenant] == 0) busy_.erase(job.tenant);
    ++idle_;
    workWanted_.notify_one();  // for one of a tenant that had its half
  }
  --idle_;
  --workers_;
}

}  // namespace skiff
