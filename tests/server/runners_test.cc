#include "server/runners.h"

#include <gmock/gmock.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "quota/quotas.h"
#include "tests/v8_test_engine.h"

namespace skiff {
namespace {

using Reserved = HandOff::Reserved;

/// Waits until something is so that other threads bring about.
template <class Condition>
bool eventually(Condition condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Threads wait at it until it is opened.
class Barrier {
 public:
  void wait() {
    ++waiting;
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  std::atomic<std::size_t> waiting{0};  ///< have come to it

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

/// A shard's part: is carried until it is told to end, and lost by whoever is told so.
class Parcel final : public Carried {
 public:
  End carry(GuestPlace&) override {
    const int mine = ++carriers;
    ended.wait(mine);
    return mine == last ? End::ended : End::lost;
  }
  struct Signal {
    void wait(int number) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return upTo >= number; });
    }
    void allow(int number) {
      const std::lock_guard lock(mutex);
      upTo = number;
      changed.notify_all();
    }
    std::mutex mutex;
    std::condition_variable changed;
    int upTo = 0;
  };
  std::atomic<int> carriers{0};  ///< threads that began to
  std::atomic<int> last{1};      ///< of these, the one that does not lose it
  Signal ended;
};

class RunnersTest : public ::testing::Test {
 protected:
  const TenantQuota& tenant(std::size_t i, std::uint32_t weight = 1) {
    while (tenants.size() <= i) {
      Limits limits;
      limits.weight = weight;
      tenants.push_back(
          std::make_unique<TenantQuota>("t" + std::to_string(tenants.size()), limits));
    }
    return *tenants[i];
  }
  Runners& make(const Runners::Limits& limits) {
    return runners.emplace(testEngine(), watchdog, limits);
  }
  /// Submits one that waits at the barrier.
  int submitBlocked(const TenantQuota& of) {
    const int token = next++;
    EXPECT_TRUE(runners->submit(name(token), of, [this](GuestPlace&) { barrier.wait(); }));
    return token;
  }
  static const void* name(int token) {
    return reinterpret_cast<const void*>(static_cast<std::uintptr_t>(token));
  }
  void TearDown() override {
    barrier.open();
    runners.reset();
  }

  Watchdog watchdog;
  std::vector<std::unique_ptr<TenantQuota>> tenants;
  Barrier barrier;
  Parcel parcel;
  int next = 1;
  std::optional<Runners> runners;
};

TEST_F(RunnersTest, JobsThatComeAtOnceRunAtOnce) {
  Runners& some = make({.away = 16, .reserve = 2, .standby = 1, .idle = 2});
  for (int round = 0; round < 300; ++round) {
    // Neither ends before the other has begun.
    std::latch begun(2);
    std::latch done(2);
    const auto job = [&](GuestPlace&) {
      begun.arrive_and_wait();
      done.count_down();
    };
    ASSERT_TRUE(some.submit(name(1), tenant(0), job));
    ASSERT_TRUE(some.submit(name(2), tenant(1), job));
    done.wait();
  }
}

TEST_F(RunnersTest, ATenantHasItsPartAndOneThatComesLaterFindsAThread) {
  make({.away = 16, .reserve = 2});
  std::vector<int> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(submitBlocked(tenant(0)));
  ASSERT_TRUE(eventually([&] { return barrier.waiting == 3; }));
  for (std::size_t i = 1; i <= 8; ++i) {
    submitBlocked(tenant(i));
    ASSERT_TRUE(eventually([&] { return barrier.waiting >= 3 + i; })) << i;
  }
  std::size_t waiting = 0;
  for (const int token : tokens) waiting += runners->withdraw(name(token)) ? 1 : 0;
  EXPECT_EQ(waiting, 17U) << "those that have not begun";
}

TEST_F(RunnersTest, WhatIsNotToWaitRunsAtOnceOrNotAtAll) {
  Runners& some = make({.away = 16, .reserve = 2});
  for (int i = 0; i < 20; ++i) submitBlocked(tenant(0));
  ASSERT_TRUE(eventually([&] { return barrier.waiting == 3; }));
  EXPECT_FALSE(some.submitNow(name(100), tenant(0), [](GuestPlace&) { FAIL(); }));
  EXPECT_FALSE(some.withdraw(name(100))) << "nothing of it is left";
  std::latch done(1);
  EXPECT_TRUE(some.submitNow(name(100), tenant(1), [&](GuestPlace&) { done.count_down(); }));
  done.wait();
}

TEST_F(RunnersTest, JobsLeaveThreadsForShardsThatAreHeldUp) {
  make({.away = 8, .reserve = 3, .standby = 8});
  for (std::size_t i = 0; i < 20; ++i) submitBlocked(tenant(i));
  ASSERT_TRUE(eventually([&] { return barrier.waiting == 5; }));
  EXPECT_EQ(runners->reserve(&tenant(10)), Reserved::yes);
  EXPECT_EQ(runners->reserve(&tenant(11)), Reserved::yes);
  EXPECT_EQ(runners->reserve(&tenant(12)), Reserved::yes);
  EXPECT_EQ(runners->reserve(&tenant(13)), Reserved::refused) << "there are no more";
  for (std::size_t i = 10; i < 13; ++i) runners->release(&tenant(i));
  EXPECT_EQ(barrier.waiting, 5U);
}

TEST_F(RunnersTest, ATenantsGuestsThatTookAShardsThreadCountWithItsJobs) {
  Runners& some = make({.away = 16, .reserve = 2, .standby = 16});
  some.carry(parcel);
  ASSERT_TRUE(eventually([&] { return parcel.carriers == 1; }));
  parcel.last = 4;
  for (int lost = 1; lost <= 3; ++lost) {
    ASSERT_EQ(some.reserve(&tenant(0)), Reserved::yes);
    some.takeOver(parcel, &tenant(0));
    ASSERT_TRUE(eventually([&] { return parcel.carriers == lost + 1; }));
  }
  const int job = submitBlocked(tenant(0));
  EXPECT_EQ(some.reserve(&tenant(0)), Reserved::yes);
  EXPECT_EQ(some.reserve(&tenant(0)), Reserved::refused) << "a quarter of all";
  some.release(&tenant(0));
  EXPECT_EQ(some.reserve(&tenant(1)), Reserved::yes);
  some.release(&tenant(1));
  EXPECT_EQ(barrier.waiting, 0U) << "for jobs it has none to spare either";

  // One is done with its guest, and has become a thread for jobs.
  parcel.ended.allow(1);
  ASSERT_TRUE(eventually([&] { return barrier.waiting == 1; }));
  EXPECT_FALSE(some.withdraw(name(job)));
  parcel.ended.allow(4);
  barrier.open();
}

TEST_F(RunnersTest, WhatWaitsIsWithdrawnUntilItHasBegun) {
  make({.away = 2, .reserve = 0});
  const int first = submitBlocked(tenant(0));
  ASSERT_TRUE(eventually([&] { return barrier.waiting == 1; }));
  const auto held = std::make_shared<int>();
  const std::weak_ptr<int> seen = held;
  int other = 0;
  ASSERT_TRUE(runners->submit(&other, tenant(0), [held](GuestPlace&) { FAIL(); }));
  EXPECT_FALSE(runners->withdraw(name(first))) << "it has begun";
  EXPECT_TRUE(runners->withdraw(&other));
  EXPECT_EQ(seen.use_count(), 1) << "and what it held is let go";
  EXPECT_FALSE(runners->withdraw(&other)) << "only once";
}

TEST_F(RunnersTest, AJobIsWithdrawnOrRunsButNeverBothNorNeither) {
  make({.away = 8, .reserve = 0, .idle = 1});
  int withdrawn = 0;
  std::atomic<int> ran{0};
  constexpr int kJobs = 3000;
  for (int i = 1; i <= kJobs; ++i) {
    ASSERT_TRUE(runners->submit(name(i), tenant(static_cast<std::size_t>(i) % 3),
                                [&](GuestPlace&) { ++ran; }));
    if (i % 2 == 0) withdrawn += runners->withdraw(name(i)) ? 1 : 0;
    if (i % 16 == 0) withdrawn += runners->withdraw(name(i - 1)) ? 1 : 0;
  }
  EXPECT_TRUE(eventually([&] { return ran + withdrawn == kJobs; })) << ran << " " << withdrawn;
}

TEST_F(RunnersTest, WhatWaitsComesInAnOrderThatIsFairByWeight) {
  make({.away = 4, .reserve = 0});
  // Three of four threads are taken by others, and the fourth at first.
  for (std::size_t i = 0; i < 3; ++i) submitBlocked(tenant(i));
  Barrier fourth;
  ASSERT_TRUE(runners->submit(&fourth, tenant(3), [&](GuestPlace&) { fourth.wait(); }));
  ASSERT_TRUE(eventually([&] { return barrier.waiting == 3 && fourth.waiting == 1; }));
  const TenantQuota& light = tenant(4, 1);
  const TenantQuota& heavy = tenant(5, 3);
  std::mutex mutex;
  std::vector<char> order;
  std::latch done(40);
  const auto job = [&](char who) {
    return [&, who](GuestPlace&) {
      {
        const std::lock_guard lock(mutex);
        order.push_back(who);
      }
      done.count_down();
    };
  };
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(runners->submit(name(next++), light, job('l')));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(runners->submit(name(next++), heavy, job('h')));
  fourth.open();
  done.wait();
  const std::lock_guard lock(mutex);
  EXPECT_NEAR(std::count(order.begin(), order.begin() + 16, 'l'), 4, 1);
  EXPECT_NEAR(std::count(order.begin(), order.begin() + 16, 'h'), 12, 1);
}

TEST_F(RunnersTest, AJobThatThrowsIsTheOnlyOneThatIsLost) {
  make({.away = 4, .reserve = 0});
  std::latch done(1);
  ASSERT_TRUE(
      runners->submit(name(1), tenant(0), [](GuestPlace&) { throw std::runtime_error("oh"); }));
  ASSERT_TRUE(runners->submit(name(2), tenant(0), [&](GuestPlace&) { done.count_down(); }));
  done.wait();
}

/// As long as it lives, the system gives this process no further thread.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_attr_t attributes;
    pthread_getattr_default_np(&attributes);
    pthread_attr_getstacksize(&attributes, &usual_);
    set(std::size_t{1} << 47);  // more than there are addresses
    pthread_attr_destroy(&attributes);
  }
  ~NoMoreThreads() { set(usual_); }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  static void set(std::size_t stack) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack);
    EXPECT_EQ(pthread_setattr_default_np(&attributes), 0);
    pthread_attr_destroy(&attributes);
  }
  std::size_t usual_ = 0;
};

TEST_F(RunnersTest, GoesOnWithTheThreadsThatThereAre) {
  Runners& some = make({.away = 16, .reserve = 0, .standby = 1});
  some.carry(parcel);
  ASSERT_TRUE(eventually([&] { return parcel.carriers == 1; }));
  int job = 0;
  {
    const NoMoreThreads none;
    EXPECT_FALSE(some.submit(&job, tenant(0), [](GuestPlace&) { FAIL(); })) << "nobody to do it";
    EXPECT_FALSE(some.withdraw(&job));
    // The one that stands by takes over, and leaves none to do so.
    ASSERT_EQ(some.reserve(&tenant(0)), Reserved::yes);
    parcel.last = 2;
    some.takeOver(parcel, &tenant(0));
    ASSERT_TRUE(eventually([&] { return parcel.carriers == 2; }));
    EXPECT_EQ(some.reserve(&tenant(1)), Reserved::no);
    EXPECT_THROW(some.carry(parcel), std::system_error);
    // And the one that lost what it carried does what there is to do, once it is back.
    std::latch done(1);
    EXPECT_TRUE(some.submit(&job, tenant(1), [&](GuestPlace&) { done.count_down(); }));
    parcel.ended.allow(1);
    done.wait();
  }
  EXPECT_EQ(some.reserve(&tenant(1)), Reserved::yes) << "as soon as there are threads again";
  some.release(&tenant(1));
  parcel.ended.allow(2);
}

}  // namespace
}  // namespace skiff
