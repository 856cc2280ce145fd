#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace skiff {

/// One mutex a tenant, there while somebody has it or waits for it: changes of one tenant are made
/// one after the other, and nobody waits for another tenant's. Any thread.
class TenantLocks {
 public:
  class Held {
   public:
    Held(Held&& other) noexcept
        : locks_(std::exchange(other.locks_, nullptr)),
          name_(std::move(other.name_)),
          entry_(std::move(other.entry_)) {}
    Held& operator=(Held&&) = delete;
    ~Held() {
      if (locks_) locks_->release(name_, *entry_);
    }

   private:
    friend class TenantLocks;
    struct Entry {
      std::mutex mutex;
      int users = 0;  // guarded by TenantLocks::mutex_
    };
    Held(TenantLocks* locks, std::string name, std::shared_ptr<Entry> entry)
        : locks_(locks), name_(std::move(name)), entry_(std::move(entry)) {}

    TenantLocks* locks_;
    std::string name_;
    std::shared_ptr<Entry> entry_;
  };

  /// Waits until nobody else holds it.
  [[nodiscard]] Held hold(const std::string& tenant) {
    std::shared_ptr<Held::Entry> entry;
    {
      const std::lock_guard lock(mutex_);
      auto& place = entries_[tenant];
      if (!place) place = std::make_shared<Held::Entry>();
      entry = place;
      ++entry->users;
    }
    entry->mutex.lock();
    return Held(this, tenant, std::move(entry));
  }

 private:
  void release(const std::string& tenant, Held::Entry& entry) {
    entry.mutex.unlock();
    const std::lock_guard lock(mutex_);
    if (--entry.users == 0) entries_.erase(tenant);
  }

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Held::Entry>> entries_;
};

}  // namespace skiff
