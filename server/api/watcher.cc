#include "server/api/watcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

namespace skiff {
namespace {

constexpr std::chrono::seconds kLongestPause{3'600};

}  // namespace

Watcher::Watcher(Operations& operations, std::chrono::milliseconds second)
    : operations_(operations),
      second_(second),
      looks_({.threads = 2, .waiting = 1'024, .runningPerKey = 1, .waitingPerKey = 16}) {
  operations_.watched().onChange([this] {
    const std::lock_guard lock(mutex_);
    changed_ = true;
    wake_.notify_one();
  });
  thread_ = std::thread([this] { run(); });
}

Watcher::~Watcher() {
  stop();
}

void Watcher::stop() {
  operations_.watched().onChange({});
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  looks_.stop();
}

void Watcher::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (std::exchange(changed_, false)) {
      lock.unlock();
      takeChanges(std::chrono::steady_clock::now());
      lock.lock();
    }
    const Time now = std::chrono::steady_clock::now();
    startDue(now);
    Time next = now + kLongestPause;
    for (const auto& [key, entry] : entries_) {
      if (!entry.running) next = std::min(next, entry.next);
    }
    wake_.wait_until(lock, next, [&] { return stopping_ || changed_; });
  }
}

void Watcher::takeChanges(Time now) {
  const auto all = operations_.watched().all();
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) {
    const auto found = all.find(entry.first);
    return found == all.end() || !(found->second == entry.second.watch);
  });
  for (const auto& [key, watch] : all) {
    const auto [entry, isNew] = entries_.try_emplace(key);
    if (!isNew) continue;
    entry->second.watch = watch;
    // Spread, so that a start does not ask registries for everything at once.
    const auto interval = watch.interval.count() * second_;
    const auto part = std::hash<std::string>()(key.first + "/" + key.second) % 256;
    entry->second.next = now + interval * static_cast<int>(part) / 256;
  }
}

void Watcher::startDue(Time now) {
  for (auto& [key, entry] : entries_) {
    if (entry.running || entry.next > now) continue;
    entry.running = looks_.submit(key.first, [this, key = key, watch = entry.watch,
                                              known = entry.known] { look(key, watch, known); });
    if (!entry.running) entry.next = after(entry, now);
  }
}

void Watcher::look(const WatchList::Key& key, const WatchSettings& watch,
                   const std::string& known) {
  ApiResult<std::string> found = ApiProblem{ProblemCode::internal, "The daemon failed.", {}, {}};
  try {
    found = operations_.followTag(key.first, key.second, watch.image, known);
  } catch (const std::exception& error) {
    spdlog::error("{}/{}: {}", key.first, key.second, error.what());
  }
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || !(entry->second.watch == watch)) return;
  entry->second.running = false;
  if (found.has_value()) {
    entry->second.known = *found;
    entry->second.failures = 0;
  } else {
    // The first of a row is news; those that follow are the same.
    if (entry->second.failures++ == 0) {
      spdlog::warn("{}/{}: cannot follow {}: {}", key.first, key.second, watch.image,
                   found.error().detail);
    }
  }
  entry->second.next = after(entry->second, std::chrono::steady_clock::now());
  wake_.notify_one();
  changed_ = true;  // the thread is to look at its times again
}

Watcher::Time Watcher::after(const Entry& entry, Time now) const {
  const auto interval = entry.watch.interval.count() * second_;
  const auto longest = std::max<std::chrono::milliseconds>(interval, 3'600 * second_);
  return now + std::min<std::chrono::milliseconds>(interval * (1U << std::min(entry.failures, 10U)),
                                                   longest);
}

}  // namespace skiff
