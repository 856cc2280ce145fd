#include "server/runners.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "quota/quotas.h"

namespace skiff {

Runners::Runners(Engine& engine, Watchdog& watchdog, const Limits& limits)
    : engine_(engine), watchdog_(watchdog), limits_(limits), places_(limits.away) {
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

// What is carried.

void Runners::carry(Carried& carried) {
  const std::lock_guard lock(mutex_);
  if (standing_ == reserved_ && !spawn(Kind::standby)) {
    throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                            "no thread to carry a shard");
  }
  carriages_.push_back({carried});
  --standing_;
  standbyWanted_.notify_one();
  keepStandbys();
}

HandOff::Reserved Runners::reserve(const TenantQuota* tenant) {
  const std::lock_guard lock(mutex_);
  keepStandbys();
  if (standing_ == reserved_) return HandOff::Reserved::no;
  if (!places_.take(tenant)) return HandOff::Reserved::refused;
  ++reserved_;
  return HandOff::Reserved::yes;
}

void Runners::release(const TenantQuota* tenant) {
  const std::lock_guard lock(mutex_);
  --reserved_;
  places_.giveBack(tenant);
  assign();
}

void Runners::takeOver(Carried& carried, const TenantQuota* tenant) {
  const std::lock_guard lock(mutex_);
  const auto carriage =
      std::find_if(carriages_.begin(), carriages_.end(),
                   [&](const Carriage& candidate) { return &candidate.carried == &carried; });
  *std::exchange(carriage->loser, nullptr) = tenant;
  carriage->waits = true;
  --reserved_;
  --standing_;
  ++lost_;
  standbyWanted_.notify_one();
  keepStandbys();
}

// Jobs.

bool Runners::submit(const void* token, const TenantQuota& tenant, Job job, Patience patience) {
  const std::lock_guard lock(mutex_);
  Line& line = lines_[&tenant];
  Waiting& waiting =
      waiting_.try_emplace(token, token, &tenant, line, std::move(job)).first->second;
  queue_.push(line.flow, waiting, {tenant.limits.weight()});
  assign();
  const bool mayWait = patience == Patience::waits && workers_ + lost_ != 0;
  if (waiting.assigned || mayWait) return true;
  waiting_.erase(token);
  return false;
}

bool Runners::withdraw(const void* token) {
  decltype(waiting_)::node_type taken;  // goes without the lock
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return false;
  Waiting& waiting = found->second;
  waiting.leave();
  if (waiting.assigned) freeWorker(waiting.tenant);
  taken = waiting_.extract(found);
  return true;
}

/// Gives places to jobs that may have one, each with a thread that comes for it. To be called
/// whenever a job or a place has come.
void Runners::assign() {
  bool threads = true;
  const auto begins = [&](FairItem& item) {
    const TenantQuota* const tenant = static_cast<Waiting&>(item).tenant;
    if (!threads || !places_.take(tenant, limits_.reserve)) return false;
    if (idle_ == 0) threads = spawn(Kind::worker);
    if (!threads) places_.giveBack(tenant);
    return threads;
  };
  while (places_.free() > limits_.reserve) {
    FairItem* const item = queue_.popFirst(begins);
    if (!item) break;
    auto& waiting = static_cast<Waiting&>(*item);
    queue_.charge(waiting.line.flow, 1);
    waiting.assigned = true;
    assigned_.push_back(waiting);
    --idle_;
    workWanted_.notify_one();
  }
  if (queue_.empty()) lines_.clear();
}

/// A worker has nothing more to do for this tenant.
void Runners::freeWorker(const TenantQuota* tenant) {
  ++idle_;
  places_.giveBack(tenant);
  assign();
}

// The threads.

void Runners::keepStandbys() {
  while (standing_ < limits_.standby && spawn(Kind::standby)) {
  }
}

/// Counts it at once, so that whoever holds the mutex may count on it. False if the system has no
/// further thread.
bool Runners::spawn(Kind kind) {
  try {
    // Ends by itself; the destructor waits for it.
    std::thread([this, kind] { run(kind); }).detach();
  } catch (const std::exception& error) {
    if (!std::exchange(spawnFailed_, true)) spdlog::error("no thread for guests: {}", error.what());
    return false;
  }
  spawnFailed_ = false;
  ++threads_;
  if (kind == Kind::standby) {
    ++standing_;
  } else {
    ++workers_;
    ++idle_;
  }
  return true;
}

void Runners::run(Kind kind) {
  {
    GuestPlace place(watchdog_);
    std::unique_lock lock(mutex_, std::defer_lock);
    if (kind == Kind::standby) {
      preferShortSlices();
      lock.lock();
      if (standBy(lock, place)) work(lock, place);
    } else {
      lowerPriority(::gettid());
      lock.lock();
      work(lock, place);
    }
  }
  engine_.forgetThread();
  const std::lock_guard lock(mutex_);
  if (--threads_ == 0) ended_.notify_all();
}

/// Stands by and carries, until it is to end, or has lost what it carried. True for that: it has
/// lost its priority with it, and goes on as a worker, and is counted as one.
bool Runners::standBy(std::unique_lock<std::mutex>& lock, GuestPlace& place) {
  pthread_setname_np(pthread_self(), "standby");
  auto next = carriages_.end();
  const auto isWanted = [&] {
    next = std::find_if(carriages_.begin(), carriages_.end(),
                        [](const Carriage& carriage) { return carriage.waits; });
    return next != carriages_.end();
  };
  while (true) {
    standbyWanted_.wait(lock, [&] { return isWanted() || stopping_; });
    if (next == carriages_.end()) break;
    const TenantQuota* loser = nullptr;
    next->waits = false;
    next->loser = &loser;
    const auto carriage = next;
    Carried& carried = next->carried;
    lock.unlock();
    const Carried::End end = carried.carry(place);
    lock.lock();
    if (end == Carried::End::lost) {
      --lost_;
      ++workers_;
      freeWorker(loser);
      return true;
    }
    carriages_.erase(carriage);
    ++standing_;
  }
  --standing_;
  return false;
}

/// Does the jobs that are assigned, until it is to end or there are enough of its kind.
void Runners::work(std::unique_lock<std::mutex>& lock, GuestPlace& place) {
  pthread_setname_np(pthread_self(), "overrun");
  while (true) {
    workWanted_.wait(lock,
                     [this] { return !assigned_.empty() || stopping_ || idle_ > limits_.idle; });
    if (assigned_.empty()) break;
    auto& waiting = static_cast<Waiting&>(assigned_.front());
    assigned_.pop_front();
    auto taken = waiting_.extract(waiting.token);
    const TenantQuota* const tenant = waiting.tenant;
    lock.unlock();
    try {
      waiting.job(place);
    } catch (const std::exception& error) {
      spdlog::critical("what ran beside the shards failed: {}", error.what());
    }
    taken = {};
    lock.lock();
    freeWorker(tenant);
  }
  --idle_;
  --workers_;
}

}  // namespace skiff
