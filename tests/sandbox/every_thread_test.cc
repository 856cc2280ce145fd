#include "sandbox/every_thread.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "tests/sandbox/in_child.h"

namespace skiff {
namespace {

/// Threads that wait until it ends, and then say what they saw.
class Waiting {
 public:
  using Step = std::function<void()>;

  Waiting(int count, const Step& first, const Step& last) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, first, last] {
        first();
        std::unique_lock lock(mutex_);
        ++begun_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return over_; });
        lock.unlock();
        last();
      });
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ == count; });
  }
  ~Waiting() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

void nothing() {}

TEST(EveryThreadTest, EachThreadTakesTheStepOnce) {
  static thread_local int steps = 0;
  steps = 0;
  {
    const Waiting threads(20, nothing, [] { EXPECT_EQ(steps, 1); });
    const auto done = onEveryThread([] {
      ++steps;
      return 0;
    });
    EXPECT_TRUE(done.has_value());
  }
  EXPECT_EQ(steps, 1);
}

/// A thread that starts another like it and ends, until told otherwise. The last one says what it
/// is held to.
void relay(std::atomic<bool>& over, std::atomic<int>& held) {
  std::thread([&] {
    if (!over) return relay(over, held);
    held = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    held.notify_all();
  }).detach();
}

TEST(EveryThreadTest, ReachesThreadsThatAreStartedMeanwhile) {
  inChild([] {
    std::atomic<bool> over{false};
    std::atomic<int> held{-1};
    relay(over, held);
    const auto done = onEveryThread([] { return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); });
    EXPECT_TRUE(done.has_value());
    over = true;
    held.wait(-1);
    EXPECT_EQ(held, 1);
  });
}

TEST(EveryThreadTest, SaysWhatFailedOnOneOfThem) {
  static thread_local bool fails = false;
  const Waiting threads(
      3, [] { fails = true; }, nothing);
  const auto done = onEveryThread([] { return fails ? ENOSPC : 0; });
  ASSERT_TRUE(done.has_error());
  EXPECT_EQ(done.error().message, "No space left on device");
}

TEST(EveryThreadTest, SaysThatAThreadBlocksSignals) {
  inChild([] {
    sigset_t all;
    sigfillset(&all);
    const Waiting threads(
        1, [&] { ::pthread_sigmask(SIG_SETMASK, &all, nullptr); }, nothing);
    const auto done = onEveryThread([] { return 0; });
    ASSERT_TRUE(done.has_error());
    EXPECT_NE(done.error().message.find("blocks signals"), std::string::npos)
        << done.error().message;
  });
}

}  // namespace
}  // namespace skiff
