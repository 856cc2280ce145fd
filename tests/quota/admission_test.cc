#include "quota/admission.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace skiff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class AdmissionTest : public ::testing::Test {
 protected:
  void set(Quota& quota, const Limits& limits) { quota.limits.set(limits); }
  Limits open;
  std::shared_ptr<TenantQuota> tenant = std::make_shared<TenantQuota>("tenant", open);
  AppQuota app{tenant, "app", open};
  AppQuota other{tenant, "other", open};
  std::chrono::steady_clock::time_point now{seconds(1000)};
};

TEST_F(AdmissionTest, RefusesBeyondTheRateAndSaysWhenToComeBack) {
  Limits limits;
  limits.rate = 2;
  limits.rateBurst = 4;
  set(app, limits);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(arrive(app, now));
  const Admission refused = arrive(app, now);
  EXPECT_EQ(refused.reason, Reason::rateLimit);
  EXPECT_EQ(refused.wait, milliseconds(500));
  EXPECT_EQ(refused.retryAfter(), 1U);
  EXPECT_TRUE(arrive(other, now)) << "an app of its own limit";
  EXPECT_TRUE(arrive(app, now + refused.wait));
}

TEST_F(AdmissionTest, TheTenantsRateIsThatOfItsAppsTogether) {
  Limits limits;
  limits.rate = 10;
  set(*tenant, limits);
  int admitted = 0;
  for (int i = 0; i < 20; ++i) admitted += arrive(i % 2 == 0 ? app : other, now) ? 1 : 0;
  EXPECT_EQ(admitted, 10);
}

TEST_F(AdmissionTest, ForetellsWhetherARequestMayBegin) {
  for (Quota* const quota : {static_cast<Quota*>(tenant.get()), static_cast<Quota*>(&app)}) {
    Limits limits;
    limits.rate = 1;
    limits.concurrency = 1;
    set(*quota, limits);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(mayBegin(app, now)) << "it takes nothing";
    EXPECT_TRUE(arrive(app, now));
    EXPECT_FALSE(mayBegin(app, now)) << "the rate is used up";
    now += seconds(1);
    EXPECT_TRUE(begin(app, now));
    EXPECT_FALSE(mayBegin(app, now)) << "the only place is taken";
    finish(app);
    EXPECT_TRUE(mayBegin(app, now));
    now += seconds(1);
    limits.rate = 0;
    limits.cpuShare = 1;
    set(*quota, limits);
    app.chargeCpu(seconds(10), now);
    EXPECT_FALSE(mayBegin(app, now)) << "there is no CPU time left";
    now += seconds(100'000);
    set(*quota, open);
  }
}

TEST_F(AdmissionTest, SaysWhoseLimitItIsThatKeepsARequestOut) {
  Limits one;
  one.concurrency = 1;
  set(app, one);
  EXPECT_TRUE(begin(app, now));
  EXPECT_FALSE(begin(app, now).byTenant);
  set(*tenant, one);
  EXPECT_TRUE(begin(app, now).byTenant);
  EXPECT_TRUE(begin(other, now).byTenant);
  finish(app);

  Limits share;
  share.cpuShare = 1;
  share.cpuBurst = milliseconds(1);
  set(app, share);
  app.chargeCpu(seconds(1), now);
  EXPECT_EQ(begin(app, now).reason, Reason::cpuQuota);
  EXPECT_FALSE(begin(app, now).byTenant);
  set(*tenant, share);
  other.chargeCpu(seconds(1), now);
  EXPECT_EQ(begin(app, now).reason, Reason::cpuQuota);
  EXPECT_TRUE(begin(app, now).byTenant);
}

TEST_F(AdmissionTest, ARefusalByTheAppTakesNothingFromTheTenant) {
  Limits limits;
  limits.rate = 1;
  set(app, limits);
  limits.rate = 5;
  set(*tenant, limits);
  EXPECT_TRUE(arrive(app, now));
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(arrive(app, now));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(arrive(other, now));
  EXPECT_FALSE(arrive(other, now));

  limits.concurrency = 1;
  set(app, limits);
  limits.concurrency = 2;
  set(*tenant, limits);
  EXPECT_TRUE(begin(app, now));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(begin(app, now).reason, Reason::concurrencyLimit);
  EXPECT_TRUE(begin(other, now));
  EXPECT_EQ(begin(other, now).reason, Reason::concurrencyLimit) << "the tenant's";
  finish(app);
  EXPECT_TRUE(begin(other, now));
}

TEST_F(AdmissionTest, WaitsForCpuTime) {
  Limits limits;
  limits.cpuShare = 500;
  limits.cpuBurst = milliseconds(10);
  set(*tenant, limits);
  EXPECT_TRUE(begin(app, now));
  finish(app);
  tenant->cpu.charge(milliseconds(1510), tenant->limits, now);
  const Admission refused = begin(app, now);
  EXPECT_EQ(refused.reason, Reason::cpuQuota);
  EXPECT_EQ(refused.retryAfter(), 4U) << "1.5 s of debt at half a core: 3 s, and then some";
  EXPECT_TRUE(begin(app, now + seconds(4)));
}

TEST_F(AdmissionTest, RetryAfterIsAtLeastASecond) {
  EXPECT_EQ((Admission{Reason::cpuQuota, std::chrono::nanoseconds(1)}.retryAfter()), 1U);
  EXPECT_EQ((Admission{Reason::cpuQuota, milliseconds(2001)}.retryAfter()), 3U);
  EXPECT_EQ((Admission{Reason::cpuQuota, std::chrono::hours(10'000)}.retryAfter()), 86'400U);
}

/// The policy, as simple as it can be said: what there is in each account.
struct Model {
  struct Account {
    double tokens = 0;
    double rate = 0;  // 0: no limit
    double burst = 0;
    std::uint32_t inFlight = 0;
    std::uint32_t concurrency = 0;
    void pass(double time) { tokens = std::min(burst, tokens + time * rate); }
  };
};

TEST_F(AdmissionTest, AgreesWithASimpleModelWhateverHappens) {
  std::mt19937 random(1);
  constexpr double kRounding = 1e-6;
  std::size_t admitted = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 2000; ++round) {
    auto owner = std::make_shared<TenantQuota>("tenant", open);
    AppQuota apps[2] = {{owner, "a", open}, {owner, "b", open}};
    Quota* const quotas[3] = {owner.get(), &apps[0], &apps[1]};
    Model::Account model[3];
    const auto change = [&](std::size_t which, bool limited) {
      Limits limits;
      limits.rate = limited ? 1 + random() % 50 : 0;
      limits.rateBurst = 1 + random() % 20;
      limits.concurrency = 1 + random() % 6;
      // A debt is kept as it is in time.
      Model::Account& account = model[which];
      const double debt = account.rate == 0 ? 0 : (account.burst - account.tokens) / account.rate;
      account.rate = limits.rate;
      account.burst = limits.rateBurst;
      account.tokens = account.burst - debt * account.rate;
      account.concurrency = limits.concurrency;
      quotas[which]->limits.set(limits);
    };
    for (std::size_t i = 0; i < 3; ++i) change(i, random() % 4 != 0);
    std::vector<std::size_t> running;
    for (int step = 0; step < 60; ++step) {
      const auto elapsed = std::chrono::microseconds(random() % 100'000);
      now += elapsed;
      for (Model::Account& account : model) {
        account.pass(std::chrono::duration<double>(elapsed).count());
      }
      const std::size_t which = random() % 2;
      Model::Account& tenantModel = model[0];
      Model::Account& appModel = model[1 + which];
      switch (random() % 8) {
        case 0:
          // Without a limit nothing is counted, so a rate stays a rate.
          if (const std::size_t changed = random() % 3; model[changed].rate != 0)
            change(changed, true);
          break;
        case 1:
        case 2:
          if (running.empty()) break;
          finish(apps[running.back()]);
          --model[0].inFlight;
          --model[1 + running.back()].inFlight;
          running.pop_back();
          break;
        default: {
          const auto has = [](const Model::Account& account) {
            return account.rate == 0 || account.tokens >= 1 - kRounding;
          };
          const auto isClose = [](const Model::Account& account) {
            return account.rate != 0 && account.tokens != account.burst &&
                   std::abs(account.tokens - 1) < 1e-4;
          };
          if (isClose(tenantModel) || isClose(appModel)) break;  // either is right
          const bool expected = has(tenantModel) && has(appModel);
          ASSERT_EQ(static_cast<bool>(arrive(apps[which], now)), expected)
              << "round " << round << " step " << step;
          ++(expected ? admitted : refused);
          if (!expected) break;
          if (tenantModel.rate != 0) tenantModel.tokens -= 1;
          if (appModel.rate != 0) appModel.tokens -= 1;
          const bool fits = tenantModel.inFlight < tenantModel.concurrency &&
                            appModel.inFlight < appModel.concurrency;
          const Admission admission = begin(apps[which], now);
          ASSERT_EQ(static_cast<bool>(admission), fits);
          if (!fits) {
            ASSERT_EQ(admission.reason, Reason::concurrencyLimit);
            break;
          }
          ++tenantModel.inFlight;
          ++appModel.inFlight;
          running.push_back(which);
        }
      }
      for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_EQ(quotas[i]->inFlight.inside(), model[i].inFlight);
      }
    }
    for (const std::size_t which : running) finish(apps[which]);
    for (const Quota* quota : quotas) ASSERT_EQ(quota->inFlight.inside(), 0U);
  }
  EXPECT_GT(admitted, 10'000U);
  EXPECT_GT(refused, 5'000U);
}

TEST_F(AdmissionTest, LosesNoPlaceWhicheverThreadsComeAndGo) {
  Limits limits;
  limits.concurrency = 3;
  set(*tenant, limits);
  limits.concurrency = 2;
  set(app, limits);
  set(other, limits);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      AppQuota& mine = i % 2 == 0 ? app : other;
      for (int n = 0; n < 20'000; ++n) {
        if (begin(mine, now)) {
          EXPECT_LE(tenant->inFlight.inside(), 3U);
          EXPECT_LE(mine.inFlight.inside(), 2U);
          finish(mine);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tenant->inFlight.inside(), 0U);
  EXPECT_EQ(app.inFlight.inside(), 0U);
}

}  // namespace
}  // namespace skiff
