#pragma once

#include <v8-platform.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace skiff {

/// The foreground tasks of one isolate: V8 posts from any thread, the thread that has the isolate
/// entered runs them. Delayed tasks run once they are due and somebody drains.
class ForegroundTasks final : public v8::TaskRunner {
 public:
  /// Whether drain() might have something to do: one relaxed load, for the fast path.
  bool pending() const { return count_.load(std::memory_order_relaxed) != 0; }
  /// Runs what is there and due. REQUIRES: the calling thread has the isolate entered, and no guest
  /// is on its stack.
  void drain();
  /// Drops everything and takes no more: the isolate is about to go.
  void close();

  bool IdleTasksEnabled() override { return false; }
  bool NonNestableTasksEnabled() const override { return true; }
  bool NonNestableDelayedTasksEnabled() const override { return true; }

 protected:
  void PostTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) override;
  void PostNonNestableTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) override;
  void PostDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delaySeconds,
                           const v8::SourceLocation&) override;
  void PostNonNestableDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delaySeconds,
                                      const v8::SourceLocation&) override;
  void PostIdleTaskImpl(std::unique_ptr<v8::IdleTask>, const v8::SourceLocation&) override {}

 private:
  using Clock = std::chrono::steady_clock;
  struct Delayed {
    Clock::time_point due;
    std::unique_ptr<v8::Task> task;
  };
  void push(std::unique_ptr<v8::Task> task);
  void pushDelayed(std::unique_ptr<v8::Task> task, double delaySeconds);
  std::unique_ptr<v8::Task> next();

  std::mutex mutex_;
  std::deque<std::unique_ptr<v8::Task>> ready_;
  std::vector<Delayed> delayed_;  ///< few; unordered
  bool closed_ = false;
  std::atomic<std::size_t> count_{0};
};

}  // namespace skiff
