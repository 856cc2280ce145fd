#include "isolate/task_runner.h"

#include <algorithm>

namespace skiff {

void ForegroundTasks::push(std::unique_ptr<v8::Task> task) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  ready_.push_back(std::move(task));
  count_.fetch_add(1, std::memory_order_relaxed);
}

void ForegroundTasks::pushDelayed(std::unique_ptr<v8::Task> task, double delaySeconds) {
  const auto due = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(std::max(0.0, delaySeconds)));
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  delayed_.push_back({due, std::move(task)});
  count_.fetch_add(1, std::memory_order_relaxed);
}

std::unique_ptr<v8::Task> ForegroundTasks::next() {
  const std::lock_guard lock(mutex_);
  if (!ready_.empty()) {
    auto task = std::move(ready_.front());
    ready_.pop_front();
    count_.fetch_sub(1, std::memory_order_relaxed);
    return task;
  }
  if (delayed_.empty()) return nullptr;
  const auto soonest = std::min_element(delayed_.begin(), delayed_.end(),
                                        [](auto& a, auto& b) { return a.due < b.due; });
  if (soonest->due > Clock::now()) return nullptr;
  auto task = std::move(soonest->task);
  delayed_.erase(soonest);
  count_.fetch_sub(1, std::memory_order_relaxed);
  return task;
}

void ForegroundTasks::drain() {
  // Bounded, so that tasks which post tasks cannot hold the thread.
  for (int budget = 64; budget > 0; --budget) {
    const auto task = next();
    if (!task) return;
    task->Run();
  }
}

void ForegroundTasks::close() {
  std::deque<std::unique_ptr<v8::Task>> ready;
  std::vector<Delayed> delayed;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    ready.swap(ready_);
    delayed.swap(delayed_);
    count_.store(0, std::memory_order_relaxed);
  }
}

void ForegroundTasks::PostTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) {
  push(std::move(task));
}
void ForegroundTasks::PostNonNestableTaskImpl(std::unique_ptr<v8::Task> task,
                                              const v8::SourceLocation&) {
  push(std::move(task));
}
void ForegroundTasks::PostDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delaySeconds,
                                          const v8::SourceLocation&) {
  pushDelayed(std::move(task), delaySeconds);
}
void ForegroundTasks::PostNonNestableDelayedTaskImpl(std::unique_ptr<v8::Task> task,
                                                     double delaySeconds,
                                                     const v8::SourceLocation&) {
  pushDelayed(std::move(task), delaySeconds);
}

}  // namespace skiff
