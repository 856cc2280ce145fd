#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/quota/watched_guest.h"

namespace skiff {
namespace {

using Clock = std::chrono::steady_clock;

/// One that looks at guests that are away only when it has to.
constexpr Watchdog::Settings kResting{
    .awayTick = std::chrono::hours(1), .quiet = {}, .processors = 1};

/// A guest that is away, and has all the time in the world, beside which the watchdog rests.
class Resting {
 public:
  explicit Resting(Watchdog& watchdog) : thread_([this, &watchdog] { run(watchdog); }) {
    begun_.wait(false);
  }
  ~Resting() {
    over_ = true;
    thread_.join();
  }

 private:
  void run(Watchdog& watchdog) {
    Place place(watchdog);
    Spinner spinner;
    place.thread.begin(spinner.budget(std::chrono::hours(2), std::chrono::hours(2)));
    begun_ = true;
    begun_.notify_one();
    while (!over_) std::this_thread::yield();
    place.thread.end();
    EXPECT_EQ(spinner.interruptions, 0);
  }

  std::atomic<bool> begun_{false};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

TEST(WatchdogRestTest, RestsNoLongerThanAGuestThatIsAwayMayRun) {
  Watchdog watchdog(kResting);
  const Resting other(watchdog);
  Place place(watchdog);
  for (int i = 0; i < 2; ++i) {
    Spinner spinner;
    place.thread.begin(spinner.budget(std::chrono::milliseconds(5), std::chrono::hours(2)));
    spinner.spin(place.thread);
    EXPECT_EQ(place.thread.end().terminated, Reason::cpuLimit);
  }
  Spinner spinner;
  place.thread.begin(spinner.budget(std::chrono::hours(2), std::chrono::milliseconds(5)));
  spinner.spin(place.thread);
  EXPECT_EQ(place.thread.end().terminated, Reason::wallLimit);
}

TEST(WatchdogRestTest, RestsNoLongerThanUntilAGuestThatIsAwayIsToBeWarned) {
  Watchdog watchdog(kResting);
  const Resting other(watchdog);
  Place place(watchdog);
  Spinner spinner;
  ActivationBudget budget = spinner.budget(std::chrono::hours(20), std::chrono::hours(2));
  budget.warns = true;
  budget.used = std::chrono::hours(18) - std::chrono::milliseconds(20);
  place.thread.begin(budget);
  while (spinner.interruptions == 0) {
  }
  EXPECT_EQ(place.thread.heed(), GuestThread::Command::warn);
  EXPECT_EQ(place.thread.end().terminated, Reason::none);
}

TEST(WatchdogRestTest, NoticesAGuestOnAShardWhileItRests) {
  Watchdog watchdog(kResting);
  const Resting other(watchdog);
  Place place(watchdog);
  Baton baton;
  place.thread.carry(&baton);
  Spinner spinner;
  place.thread.begin(spinner.budget(std::chrono::hours(2), std::chrono::hours(2)));
  while (!baton.taken.load()) {
  }
  EXPECT_EQ(place.thread.end().terminated, Reason::none);
  EXPECT_EQ(baton.takeOvers, 1);
}

TEST(WatchdogRestTest, LooksByTheClockAgainOnceAGuestRanOnAShard) {
  constexpr std::chrono::milliseconds kQuiet{500};
  Watchdog watchdog({.awayTick = std::chrono::hours(1), .quiet = kQuiet, .processors = 1});
  const auto begin = Clock::now();
  std::atomic<bool> ends{false};
  std::thread away([&] {
    Place place(watchdog);
    Spinner spinner;
    ActivationBudget budget = spinner.budget(std::chrono::hours(2), std::chrono::hours(2));
    budget.ends = &ends;
    place.thread.begin(budget);
    spinner.spin(place.thread);
    EXPECT_EQ(place.thread.end().terminated, Reason::drained);
  });
  while (Clock::now() < begin + 2 * kQuiet) std::this_thread::yield();
  Place place(watchdog);
  Baton baton;
  place.thread.carry(&baton);
  place.thread.begin(ActivationBudget());
  place.thread.end();
  // It has seen that by now, and looked once more for it.
  while (Clock::now() < begin + 2 * kQuiet + kQuiet / 10) std::this_thread::yield();
  ends = true;
  away.join();
}

TEST(WatchdogRestTest, SeesAGuestThatIsAwayBeginAndMeasuresItByItsThreadsClock) {
  Watchdog watchdog(kResting);
  const Resting other(watchdog);
  Place place(watchdog);
  std::atomic<bool> over{false};
  Spinner spinner;
  place.thread.begin(spinner.budget(std::chrono::hours(2), std::chrono::hours(2)));
  // The guest waits, as if it were descheduled.
  std::thread waker([&, begin = Clock::now()] {
    while (Clock::now() < begin + std::chrono::milliseconds(30)) std::this_thread::yield();
    over = true;
    over.notify_one();
  });
  over.wait(false);
  EXPECT_LT(place.thread.end().cpu, std::chrono::milliseconds(10));
  waker.join();
}

TEST(WatchdogRestTest, AParkedGuestGoesOnAsSoonAsTheOtherEnds) {
  Watchdog watchdog(kResting);
  const Resting other(watchdog);
  Limits limits;
  limits.cpu = limits.wall = std::chrono::hours(2);
  std::atomic<int> begun{0};
  std::atomic<int> parked{0};
  const auto run = [&] {
    Place place(watchdog);
    const auto quota = newAccount(limits);
    Spinner spinner;
    ActivationBudget budget = spinner.budget({}, {});
    budget.quota = quota.get();
    budget.start = Clock::now();
    place.thread.begin(budget);
    for (++begun; begun != 2 || parked == 0;) {
      if (spinner.interruptions == 0) continue;
      ++parked;
      EXPECT_EQ(place.thread.heed(), GuestThread::Command::none);
    }
    EXPECT_EQ(place.thread.end().terminated, Reason::none);
  };
  std::thread second(run);
  run();
  second.join();
  EXPECT_EQ(parked, 1);
}

}  // namespace
}  // namespace skiff
