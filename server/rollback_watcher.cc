#include "server/rollback_watcher.h"

#include <pthread.h>

#include <algorithm>

namespace skiff {
namespace {

constexpr std::chrono::milliseconds kLook{250};
constexpr std::chrono::seconds kAgain{10};

FailureCount sumOf(const std::vector<std::shared_ptr<const AppVersion>>& versions) {
  FailureCount sum;
  for (const auto& version : versions) {
    const RequestTotals& totals = version->totals();
    // In this order: never more failed than there were.
    const std::uint64_t failed = totals.failed.load(std::memory_order_acquire);
    sum += {totals.requests.load(std::memory_order_relaxed), failed};
  }
  return sum;
}

/// Whether a version of that name is among them.
bool holds(const std::vector<std::shared_ptr<const AppVersion>>& versions,
           const AppVersion& wanted) {
  return std::any_of(versions.begin(), versions.end(), [&](const auto& version) {
    return version->facts().name == wanted.facts().name;
  });
}

}  // namespace

RollbackWatcher::~RollbackWatcher() {
  stop();
}

void RollbackWatcher::start(Call call) {
  call_ = std::move(call);
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "rollbacks");
    run();
  });
}

void RollbackWatcher::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RollbackWatcher::watch(const ServedApp& app, const ServedApp* previous) {
  const std::lock_guard lock(mutex_);
  const std::string owner = app.owner();
  const auto known = watched_.find(owner);
  Versions before;
  FailureCount baseline;
  if (known != watched_.end() && known->second.deployment == app.deployment) {
    // Configured anew: the same versions are new that were.
    before = known->second.old;
    baseline = known->second.baseline;
  } else if (previous && previous->deployment != app.deployment) {
    for (std::size_t i = 0; i < previous->versions.size(); ++i) {
      if (previous->weights[i] != 0) before.push_back(previous->versions[i]);
    }
    baseline = sumOf(before);
  }
  watched_.erase(owner);
  if (!app.autoRollback || before.empty()) return;
  Versions fresh;
  Versions old;
  for (std::size_t i = 0; i < app.versions.size(); ++i) {
    if (app.weights[i] == 0) continue;
    (holds(before, *app.versions[i]) ? old : fresh).push_back(app.versions[i]);
  }
  if (fresh.empty()) return;
  if (old.empty()) old = before;  // so that it is known what was there
  Watched watched{app.tenant,
                  app.name,
                  app.deployment,
                  std::move(fresh),
                  std::move(old),
                  baseline,
                  RollbackWatch(*app.autoRollback, baseline),
                  {}};
  // What they came to before does not count.
  watched.watch.look(RollbackWatch::Clock::now(), sumOf(watched.fresh), sumOf(watched.old));
  watched_.emplace(owner, std::move(watched));
  rollbacks_.try_emplace(owner, 0);
}

void RollbackWatcher::forget(const std::string& owner) {
  const std::lock_guard lock(mutex_);
  watched_.erase(owner);
  rollbacks_.erase(owner);
}

std::map<std::string, std::uint64_t> RollbackWatcher::rollbacks() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [owner, count] : rollbacks_) {
    if (count != 0) counts.emplace(owner, count);
  }
  return counts;
}

std::vector<AppRuntime::RollbackNotice> RollbackWatcher::look() {
  const auto now = RollbackWatch::Clock::now();
  std::vector<AppRuntime::RollbackNotice> due;
  std::erase_if(watched_, [&](const auto& entry) { return entry.second.watch.isOver(now); });
  for (auto& [owner, watched] : watched_) {
    const auto why = watched.watch.look(now, sumOf(watched.fresh), sumOf(watched.old));
    if (!why || now < watched.notBefore) continue;
    watched.notBefore = now + kAgain;
    due.push_back({watched.tenant, watched.app, watched.deployment, *why});
  }
  return due;
}

void RollbackWatcher::onCalled(const AppRuntime::RollbackNotice& notice, bool done) {
  if (!done) return;
  const std::string owner = notice.tenant + "/" + notice.app;
  // It may be gone by now.
  if (const auto count = rollbacks_.find(owner); count != rollbacks_.end()) ++count->second;
  const auto watched = watched_.find(owner);
  if (watched != watched_.end() && watched->second.deployment == notice.deployment) {
    watched_.erase(watched);
  }
}

void RollbackWatcher::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kLook, [this] { return stopping_; })) {
    const auto due = look();
    if (due.empty()) continue;
    lock.unlock();
    std::vector<bool> done;
    for (const auto& notice : due) done.push_back(call_(notice));
    lock.lock();
    for (std::size_t i = 0; i < due.size(); ++i) onCalled(due[i], done[i]);
  }
}

}  // namespace skiff
