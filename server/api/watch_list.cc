#include "server/api/watch_list.h"

namespace skiff {

void WatchList::set(const Key& key, std::optional<WatchSettings> watch) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (watch) {
    if (found != entries_.end() && found->second == *watch) return;
    entries_[key] = *std::move(watch);
  } else {
    if (found == entries_.end()) return;
    entries_.erase(found);
  }
  tell();
}

void WatchList::removeTenant(const std::string& tenant) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return entry.first.first == tenant; });
  tell();
}

std::map<WatchList::Key, WatchSettings> WatchList::all() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

void WatchList::onChange(std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  changed_ = std::move(call);
}

void WatchList::tell() {
  if (changed_) changed_();
}

}  // namespace skiff
