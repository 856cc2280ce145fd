#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace skiff {

/// The threads that are in a shard's loop. One that has lost it to another is in it for a while
/// yet: on its way out it touches what the loop is made of, after its guest has come home. Lives as
/// long as any of them.
class Carriers {
 public:
  /// A thread's stay.
  class Stay {
   public:
    explicit Stay(std::shared_ptr<Carriers> carriers) : carriers_(std::move(carriers)) {
      const std::lock_guard lock(carriers_->mutex_);
      ++carriers_->count_;
    }
    ~Stay() {
      const std::lock_guard lock(carriers_->mutex_);
      --carriers_->count_;
      carriers_->changed_.notify_all();
    }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;

   private:
    const std::shared_ptr<Carriers> carriers_;
  };

  /// The loop has ended: nobody comes any more.
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  /// Waits until then, and until everybody has left.
  void awaitEnd() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ && count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  bool ended_ = false;
};

}  // namespace skiff
