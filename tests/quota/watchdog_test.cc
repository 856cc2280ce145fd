#include "quota/watchdog.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "quota/quotas.h"
#include "tests/quota/watched_guest.h"

namespace skiff {
namespace {

using Clock = std::chrono::steady_clock;

TEST(WatchdogTest, EndsAGuestThatUsedUpItsCpuTime) {
  Watchdog watchdog;
  Place place(watchdog);
  GuestThread& thread = place.thread;
  Spinner spinner;
  thread.begin(spinner.budget(std::chrono::milliseconds(5), std::chrono::hours(1)));
  spinner.spin(thread);
  const ActivationReport report = thread.end();
  EXPECT_EQ(report.terminated, Reason::cpuLimit);
  EXPECT_GE(report.cpu, std::chrono::milliseconds(5));
  EXPECT_EQ(spinner.interruptions, 1);
}

TEST(WatchdogTest, WarnsAGuestThatWantsItOnceBeforeItsCpuTimeIsUsedUp) {
  Watchdog watchdog;
  Place place(watchdog);
  GuestThread& thread = place.thread;
  Spinner spinner;
  ActivationBudget budget = spinner.budget(std::chrono::milliseconds(50), std::chrono::hours(1));
  budget.used = std::chrono::milliseconds(30);  // in earlier activations
  budget.warns = true;
  thread.begin(budget);
  int warnings = 0;
  for (int heeded = 0;;) {
    const int sent = spinner.interruptions.load(std::memory_order_acquire);
    if (sent == heeded) continue;
    heeded = sent;
    const GuestThread::Command command = thread.heed();
    if (command == GuestThread::Command::end) break;
    warnings += command == GuestThread::Command::warn ? 1 : 0;
    EXPECT_EQ(thread.heed(), GuestThread::Command::none) << "it was told";
  }
  EXPECT_EQ(warnings, 1);
  const ActivationReport report = thread.end();
  EXPECT_EQ(report.terminated, Reason::cpuLimit);
  EXPECT_GE(report.cpu, std::chrono::milliseconds(20));
}

TEST(WatchdogTest, EndsAGuestAtItsDeadline) {
  Watchdog watchdog;
  Place place(watchdog);
  GuestThread& thread = place.thread;
  Spinner spinner;
  thread.begin(spinner.budget(std::chrono::hours(1), std::chrono::milliseconds(5)));
  spinner.spin(thread);
  EXPECT_EQ(thread.end().terminated, Reason::wallLimit);
}

TEST(WatchdogTest, EndsEveryGuestThatIsToRunNoMore) {
  Watchdog watchdog;
  Place place(watchdog);
  GuestThread& thread = place.thread;
  const std::atomic<bool> ends{true};
  for (int i = 0; i < 2; ++i) {
    Spinner spinner;
    ActivationBudget budget = spinner.budget(std::chrono::hours(1), std::chrono::hours(1));
    budget.ends = &ends;
    thread.begin(budget);
    spinner.spin(thread);
    EXPECT_EQ(thread.end().terminated, Reason::drained);
  }
}

TEST(WatchdogTest, CountsCpuTimeAndNotWaiting) {
  Watchdog watchdog;
  Place place(watchdog);
  GuestThread& thread = place.thread;
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
}

TEST(WatchdogTest, AnInterruptionBetweenActivationsDoesNothing) {
  Watchdog watchdog;
  Place place(watchdog);
  GuestThread& thread = place.thread;
  Spinner spinner;
  thread.begin(spinner.budget(std::chrono::milliseconds(2), std::chrono::hours(1)));
  spinner.spin(thread);
  EXPECT_EQ(thread.end().terminated, Reason::cpuLimit);
  EXPECT_EQ(thread.heed(), GuestThread::Command::none);
}

TEST(WatchdogTest, ATerminationNeverHitsTheNextActivation) {
  Watchdog watchdog({.tick = std::chrono::microseconds(50)});
  Place place(watchdog);
  GuestThread& thread = place.thread;
  int terminated = 0;
  for (int i = 0; i < 20'000; ++i) {
    Spinner spinner;
    // Already over its deadline: the watchdog may or may not come in time.
    thread.begin(spinner.budget(std::chrono::hours(1), Clock::duration::zero()));
    const ActivationReport report = thread.end();
    const int sent = spinner.interruptions.load();
    EXPECT_EQ(sent, report.terminated == Reason::none ? 0 : 1);
    terminated += sent;
  }
  RecordProperty("terminated", terminated);
}

TEST(WatchdogTest, WakesUpForAGuestAfterALongSleep) {
  Watchdog watchdog({.tick = std::chrono::microseconds(100)});
  Place place(watchdog);
  GuestThread& thread = place.thread;
  for (int i = 0; i < 3; ++i) {
    const auto until = Clock::now() + std::chrono::milliseconds(40);
    while (Clock::now() < until) std::this_thread::yield();
    Spinner spinner;
    thread.begin(spinner.budget(std::chrono::milliseconds(2), std::chrono::hours(1)));
    spinner.spin(thread);
    EXPECT_EQ(thread.end().terminated, Reason::cpuLimit);
  }
}

TEST(WatchdogTest, HandsOffWhatAThreadCarriesWhenAGuestOverruns) {
  Watchdog watchdog;
  Place place(watchdog);
  Baton baton;
  place.thread.carry(&baton);
  Spinner spinner;
  place.thread.begin(spinner.budget(std::chrono::milliseconds(20), std::chrono::hours(1)));
  while (!baton.taken.load()) {
  }
  EXPECT_FALSE(place.thread.enterHost()) << "a host function finds itself away";
  spinner.spin(place.thread);
  EXPECT_EQ(place.thread.end().terminated, Reason::cpuLimit);
  EXPECT_TRUE(place.thread.isAway());
  EXPECT_EQ(baton.takeOvers, 1);
}

TEST(WatchdogTest, HandsOffNothingFromUnderAHostFunction) {
  Watchdog watchdog;
  Place place(watchdog);
  Baton baton;
  place.thread.carry(&baton);
  Spinner spinner;
  place.thread.begin(spinner.budget(std::chrono::milliseconds(10), std::chrono::hours(1)));
  ASSERT_TRUE(place.thread.enterHost());
  while (spinner.interruptions == 0) {
  }
  EXPECT_EQ(baton.takeOvers, 0);
  EXPECT_EQ(place.thread.end().terminated, Reason::cpuLimit);
  EXPECT_FALSE(place.thread.isAway()) << "it ended inside";
  EXPECT_EQ(baton.releases, baton.reservations);
}

TEST(WatchdogTest, HandsOffFromBetweenHostFunctions) {
  Watchdog watchdog;
  Place place(watchdog);
  Baton baton;
  place.thread.carry(&baton);
  Spinner spinner;
  place.thread.begin(spinner.budget(std::chrono::seconds(10), std::chrono::hours(1)));
  while (place.thread.enterHost()) place.thread.leaveHost();
  EXPECT_EQ(place.thread.end().terminated, Reason::none);
  EXPECT_EQ(baton.takeOvers, 1);
}

TEST(WatchdogTest, HandsOffFromBetweenHostFunctionsThatTakeLong) {
  Watchdog watchdog;
  Place place(watchdog);
  Baton baton;
  place.thread.carry(&baton);
  Spinner spinner;
  place.thread.begin(spinner.budget(std::chrono::seconds(10), std::chrono::hours(1)));
  int calls = 0;
  while (place.thread.enterHost()) {
    ++calls;
    const auto until = Clock::now() + std::chrono::milliseconds(2);
    while (Clock::now() < until) {
    }
    EXPECT_FALSE(baton.taken) << "from under it";
    place.thread.leaveHost();
  }
  EXPECT_LT(calls, 100);
  EXPECT_EQ(place.thread.end().terminated, Reason::none);
  EXPECT_EQ(baton.takeOvers, 1);
  EXPECT_EQ(baton.reservations, baton.takeOvers + baton.releases);
}

TEST(WatchdogTest, GoesOnWithoutAHandOffWhereNobodyStandsBy) {
  Watchdog watchdog;
  Place place(watchdog);
  Baton baton;
  baton.answer = HandOff::Reserved::no;
  place.thread.carry(&baton);
  Spinner spinner;
  place.thread.begin(
      spinner.budget(HandOff::kPatience + std::chrono::milliseconds(30), std::chrono::hours(1)));
  spinner.spin(place.thread);
  EXPECT_EQ(place.thread.end().terminated, Reason::cpuLimit);
  EXPECT_FALSE(place.thread.isAway());
  EXPECT_EQ(baton.takeOvers, 0);
}

TEST(WatchdogTest, EndsAGuestThatHoldsUpAThreadWhenItsTenantMayHaveNoOther) {
  Watchdog watchdog;
  Place place(watchdog);
  Baton baton;
  baton.answer = HandOff::Reserved::refused;
  place.thread.carry(&baton);
  for (int i = 0; i < 2; ++i) {
    Spinner spinner;
    place.thread.begin(spinner.budget(std::chrono::hours(1), std::chrono::hours(1)));
    spinner.spin(place.thread);
    const ActivationReport report = place.thread.end();
    EXPECT_EQ(report.terminated, Reason::overloaded);
    EXPECT_GE(report.cpu, HandOff::kPatience) << "each has its time";
    EXPECT_FALSE(place.thread.isAway());
  }
  EXPECT_EQ(baton.takeOvers, 0);
  EXPECT_EQ(baton.releases, 0);
}

TEST(WatchdogTest, HandsOffInTheEndWhenItsTenantHasAThreadToSpareAgain) {
  Watchdog watchdog;
  Place place(watchdog);
  Baton baton;
  baton.answer = HandOff::Reserved::refused;
  place.thread.carry(&baton);
  Spinner spinner;
  place.thread.begin(
      spinner.budget(HandOff::kPatience + std::chrono::milliseconds(30), std::chrono::hours(1)));
  while (baton.reservations == 0) {
  }
  baton.answer = HandOff::Reserved::yes;
  spinner.spin(place.thread);
  const ActivationReport report = place.thread.end();
  EXPECT_EQ(report.terminated, Reason::cpuLimit) << "its patience is over, but it was not needed";
  EXPECT_EQ(baton.takeOvers, 1);
}

TEST(WatchedAccountTest, AChangedLimitHoldsForAnActivationUnderWay) {
  Watchdog watchdog;
  Place place(watchdog);
  Limits limits;
  limits.cpu = std::chrono::hours(1);
  limits.wall = std::chrono::hours(1);
  const auto quota = newAccount(limits);
  Spinner spinner;
  ActivationBudget budget = spinner.budget({}, {});
  budget.quota = quota.get();
  budget.start = Clock::now();
  std::thread changer([&] {
    while (spinner.interruptions == 0) {
      Limits less = limits;
      less.cpu = std::chrono::milliseconds(5);
      quota->limits.set(less);
      std::this_thread::yield();
    }
  });
  place.thread.begin(budget);
  spinner.spin(place.thread);
  EXPECT_EQ(place.thread.end().terminated, Reason::cpuLimit);
  changer.join();
}

TEST(WatchedAccountTest, AHandOffIsTheTenantsWhoseGuestOverran) {
  Watchdog watchdog;
  Place place(watchdog);
  Baton baton;
  place.thread.carry(&baton);
  Limits limits;
  limits.cpu = std::chrono::milliseconds(20);
  limits.wall = std::chrono::hours(1);
  const auto quota = newAccount(limits);
  Spinner spinner;
  ActivationBudget budget = spinner.budget({}, {});
  budget.quota = quota.get();
  budget.start = Clock::now();
  place.thread.begin(budget);
  spinner.spin(place.thread);
  place.thread.end();
  EXPECT_EQ(baton.takeOvers, 1);
  EXPECT_EQ(baton.tenant, quota->tenant.get());
}

TEST(WatchedAccountTest, GuestsThatAreAwayTakeTurnsOnOneProcessor) {
  Watchdog watchdog({.tick = std::chrono::microseconds(500), .processors = 1});
  Limits limits;
  limits.cpu = std::chrono::milliseconds(60);
  limits.wall = std::chrono::hours(1);
  std::atomic<int> parked{0};
  const auto run = [&] {
    Place place(watchdog);
    const auto quota = newAccount(limits);
    Spinner spinner;
    ActivationBudget budget = spinner.budget({}, {});
    budget.quota = quota.get();
    budget.start = Clock::now();
    place.thread.begin(budget);
    spinner.spin(place.thread);
    const ActivationReport report = place.thread.end();
    EXPECT_EQ(report.terminated, Reason::cpuLimit);
    EXPECT_GE(report.cpu, std::chrono::milliseconds(60));
    // One interruption ends it; the others parked it.
    parked += spinner.interruptions - 1;
  };
  std::thread other(run);
  run();
  other.join();
  EXPECT_GT(parked, 0);
}

}  // namespace
}  // namespace skiff
