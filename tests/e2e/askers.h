#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace skiff::e2e {

/// Threads that go on with what they do until they are ended, and what they found wrong.
class Askers {
 public:
  ~Askers() { finish(); }
  /// `ask` is called every `pause`, by the clock and not by when the last call was over.
  void start(std::chrono::milliseconds pause, std::function<void()> ask) {
    threads_.emplace_back([this, pause, ask = std::move(ask)] {
      for (auto next = std::chrono::steady_clock::now(); !stop_; next += pause) {
        std::this_thread::sleep_until(next);
        try {
          ask();
          ++asked_;
        } catch (const std::exception& error) {
          note(error.what());
        }
      }
    });
  }
  void note(const std::string& failure) {
    const std::lock_guard lock(mutex_);
    failures_.push_back(failure);
  }
  std::size_t asked() const { return asked_; }
  std::vector<std::string> finish() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return failures_;
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> asked_{0};
  std::mutex mutex_;
  std::vector<std::string> failures_;
  std::vector<std::thread> threads_;
};

}  // namespace skiff::e2e
