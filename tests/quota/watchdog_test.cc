#include "quota/watchdog.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "quota/guest_thread.h"

namespace skiff {
namespace {

using Clock = std::chrono::steady_clock;

/// A guest that computes until it is terminated.
struct Spinner {
  std::atomic<int> terminations{0};
  void spin() const {
    while (terminations.load(std::memory_order_relaxed) == 0) {
    }
  }
  ActivationBudget budget(std::chrono::nanoseconds cpu, Clock::duration wall) {
    return {.cpu = cpu,
            .deadline = Clock::now() + wall,
            .terminate = [](void* self) { static_cast<Spinner*>(self)->terminations.fetch_add(1); },
            .target = this};
  }
};

TEST(WatchdogTest, EndsAGuestThatUsedUpItsCpuTime) {
  Watchdog watchdog;
  GuestThread thread;
  thread.bind();
  watchdog.add(thread);
  Spinner spinner;
  thread.begin(spinner.budget(std::chrono::milliseconds(5), std::chrono::hours(1)));
  spinner.spin();
  const ActivationReport report = thread.end();
  EXPECT_EQ(report.terminated, Reason::cpuLimit);
  EXPECT_GE(report.cpu, std::chrono::milliseconds(5));
  EXPECT_EQ(spinner.terminations, 1);
  watchdog.remove(thread);
}

TEST(WatchdogTest, EndsAGuestAtItsDeadline) {
  Watchdog watchdog;
  GuestThread thread;
  thread.bind();
  watchdog.add(thread);
  Spinner spinner;
  thread.begin(spinner.budget(std::chrono::hours(1), std::chrono::milliseconds(5)));
  spinner.spin();
  EXPECT_EQ(thread.end().terminated, Reason::wallLimit);
  watchdog.remove(thread);
}

TEST(WatchdogTest, EndsEveryGuestOfAThreadThatIsToRunNoMore) {
  Watchdog watchdog;
  GuestThread thread;
  thread.bind();
  watchdog.add(thread);
  thread.endGuests();
  for (int i = 0; i < 2; ++i) {
    Spinner spinner;
    thread.begin(spinner.budget(std::chrono::hours(1), std::chrono::hours(1)));
    spinner.spin();
    EXPECT_EQ(thread.end().terminated, Reason::drained);
  }
  watchdog.remove(thread);
}

TEST(WatchdogTest, CountsCpuTimeAndNotWaiting) {
  Watchdog watchdog;
  GuestThread thread;
  thread.bind();
  watchdog.add(thread);
  // Blocked, as a descheduled guest is: the clock on the wall goes on, the thread's does not.
  std::atomic<bool> go{false};
  std::thread waker([&] {
    const auto until = Clock::now() + std::chrono::milliseconds(60);
    while (Clock::now() < until) std::this_thread::yield();
    go = true;
    go.notify_one();
  });
  Spinner spinner;
  thread.begin(spinner.budget(std::chrono::milliseconds(30), std::chrono::hours(1)));
  go.wait(false);
  const ActivationReport report = thread.end();
  waker.join();
  EXPECT_EQ(report.terminated, Reason::none);
  EXPECT_LT(report.cpu, std::chrono::milliseconds(30));
  watchdog.remove(thread);
}

TEST(WatchdogTest, ATerminationNeverHitsTheNextActivation) {
  Watchdog watchdog(std::chrono::microseconds(50));
  GuestThread thread;
  thread.bind();
  watchdog.add(thread);
  int terminated = 0;
  for (int i = 0; i < 20'000; ++i) {
    Spinner spinner;
    // Already over its deadline: the watchdog may or may not come in time.
    thread.begin(spinner.budget(std::chrono::hours(1), Clock::duration::zero()));
    const ActivationReport report = thread.end();
    const int sent = spinner.terminations.load();
    EXPECT_EQ(sent, report.terminated == Reason::none ? 0 : 1);
    terminated += sent;
  }
  RecordProperty("terminated", terminated);
  watchdog.remove(thread);
}

TEST(WatchdogTest, WakesUpForAGuestAfterALongSleep) {
  Watchdog watchdog(std::chrono::microseconds(100));
  GuestThread thread;
  thread.bind();
  watchdog.add(thread);
  for (int i = 0; i < 3; ++i) {
    const auto until = Clock::now() + std::chrono::milliseconds(40);
    while (Clock::now() < until) std::this_thread::yield();
    Spinner spinner;
    thread.begin(spinner.budget(std::chrono::milliseconds(2), std::chrono::hours(1)));
    spinner.spin();
    EXPECT_EQ(thread.end().terminated, Reason::cpuLimit);
  }
  watchdog.remove(thread);
}

}  // namespace
}  // namespace skiff
