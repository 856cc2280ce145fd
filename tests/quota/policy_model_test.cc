// The whole policy, as a shard and its overrun threads put it together, against a simple model of
// it: random sequences of requests that arrive, wait, start, are suspended and resumed, overrun,
// are parked, finish or are ended, while limits change.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "quota/admission.h"
#include "quota/fair_queue.h"
#include "quota/overrun_schedule.h"

namespace skiff {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Time = std::chrono::steady_clock::time_point;

constexpr std::size_t kTenants = 3;
constexpr std::size_t kAppsPerTenant = 2;
constexpr std::size_t kApps = kTenants * kAppsPerTenant;
constexpr std::size_t kProcessors = 2;

/// What there is of something that flows in, in seconds of its flow: below zero in debt.
struct Flow {
  double tokens = 0;
  double rate = 0;  ///< a second; 0: not limited
  double burst = 0;

  void pass(double seconds) { tokens = std::min(burst, tokens + seconds * rate); }
  void take(double amount) {
    if (rate != 0) tokens -= amount;
  }
  bool has(double amount) const { return rate == 0 || tokens >= amount; }
  /// A debt stays what it is in time.
  void change(double newRate, double newBurst) {
    const double debt = rate == 0 ? 0 : (burst - tokens) / rate;
    rate = newRate;
    burst = newBurst;
    tokens = burst - debt * rate;
  }
  /// Rounding may tip it.
  bool isClose(double amount, double by) const {
    return rate != 0 && std::abs(tokens - amount) < by;
  }
};

/// An account of a tenant or an app, as simple as it can be said.
struct Account {
  Flow requests;
  Flow cpu;  ///< in nanoseconds
  std::uint32_t inFlight = 0;
  std::uint32_t concurrency = 0;
  std::uint64_t memory = 0;
  std::uint64_t memoryTotal = 0;

  void pass(double seconds) {
    requests.pass(seconds);
    cpu.pass(seconds);
  }
};

enum class Stage { waiting, turn, suspended, away, over };
enum class End { none, finished, refused, shed, cpuLimit };

struct Request : FairItem {
  Request(std::size_t app_, std::shared_ptr<AppQuota> quota)
      : app(app_), memory(std::move(quota)) {}
  std::size_t app;
  Stage stage = Stage::waiting;
  End end = End::none;
  MemoryCharge memory;
  std::uint64_t held = 0;  ///< bytes
  bool counted = false;    ///< in what is in flight
  nanoseconds used{};
  OverrunGuest guest;
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    for (std::size_t t = 0; t < kTenants; ++t) {
      tenants_.push_back(std::make_shared<TenantQuota>("t" + std::to_string(t), Limits()));
      groups_.push_back(std::make_unique<Places>());
    }
    for (std::size_t a = 0; a < kApps; ++a) {
      apps_.push_back(
          std::make_shared<AppQuota>(tenants_[tenantOf(a)], "a" + std::to_string(a), Limits()));
      flows_.push_back(std::make_unique<FairFlow>(groups_[tenantOf(a)]->admissions));
      turns_.push_back(std::make_unique<FairFlow>(groups_[tenantOf(a)]->turns));
    }
    for (std::size_t i = 0; i < kTenants + kApps; ++i) change(i);
  }

  void step() {
    switch (random_() % 12) {
      case 0:
        change(random_() % (kTenants + kApps));
        break;
      case 1:
        pass(microseconds(random_() % 20'000));
        break;
      case 2:
      case 3:
      case 4:
        arriveOne();
        break;
      case 5:
        admitWaiting();
        break;
      case 6:
        resumeOne();
        break;
      case 7:
        scheduleAway();
        break;
      case 8:
        if (waiting_.size() > 12) shedOne();
        break;
      default:
        takeTurn();
    }
    check();
  }

  /// Whatever is under way comes to its end.
  void drain() {
    for (int rounds = 0;
         !waiting_.empty() || !ready_.empty() || !suspended_.empty() || !away_.empty(); ++rounds) {
      ASSERT_LT(rounds, 100'000) << "a request was forgotten";
      pass(milliseconds(5));
      admitWaiting();
      takeTurn();
      resumeOne();
      scheduleAway();
      check();
      if (testing::Test::HasFailure()) return;
    }
    for (const auto& request : requests_) ASSERT_NE(request->end, End::none);
    for (std::size_t i = 0; i < kTenants + kApps; ++i) {
      ASSERT_EQ(quota(i).inFlight.inside(), 0U);
      ASSERT_EQ(quota(i).memory.held(), 0U);
    }
  }

  std::size_t count(End end) const {
    return static_cast<std::size_t>(
        std::count_if(requests_.begin(), requests_.end(),
                      [end](const auto& request) { return request->end == end; }));
  }

 private:
  struct Places {
    FairGroup admissions;
    FairGroup turns;
  };

  static std::size_t tenantOf(std::size_t app) { return app / kAppsPerTenant; }
  Quota& quota(std::size_t i) {
    return i < kTenants ? static_cast<Quota&>(*tenants_[i]) : *apps_[i - kTenants];
  }
  FairWeights weightsOf(std::size_t app) const {
    return {.tenant = tenants_[tenantOf(app)]->limits.weight(), .app = apps_[app]->limits.weight()};
  }
  Account& appModel(std::size_t app) { return model_[kTenants + app]; }
  Account& tenantModel(std::size_t app) { return model_[tenantOf(app)]; }

  void change(std::size_t i) {
    Account& account = model_[i];
    Limits limits;
    // Without a limit nothing is counted, so what is limited stays so.
    if (account.requests.rate != 0 || random_() % 3 == 0) limits.rate = 1 + random_() % 300;
    limits.rateBurst = 1 + random_() % 30;
    if (account.cpu.rate != 0 || random_() % 3 == 0) limits.cpuShare = 50 + random_() % 2'000;
    limits.cpuBurst = milliseconds(1 + random_() % 50);
    limits.weight = 1 + random_() % 100;
    limits.concurrency = 1 + random_() % 8;
    limits.memoryTotal = ByteSize(1 + random_() % 100);
    limits.cpu = milliseconds(1 + random_() % 20);
    account.requests.change(limits.rate, limits.rateBurst);
    account.cpu.change(limits.cpuShare * 1e6,
                       static_cast<double>(nanoseconds(limits.cpuBurst).count()));
    account.concurrency = limits.concurrency;
    account.memoryTotal = limits.memoryTotal.bytes();
    quota(i).limits.set(limits);
  }

  void pass(nanoseconds time) {
    now_ += time;
    for (Account& account : model_) account.pass(std::chrono::duration<double>(time).count());
  }

  void arriveOne() {
    const std::size_t app = random_() % kApps;
    Flow& tenant = tenantModel(app).requests;
    Flow& own = appModel(app).requests;
    if (tenant.isClose(1, 1e-4) || own.isClose(1, 1e-4)) return;  // either answer is right
    const bool expected = tenant.has(1) && own.has(1);
    requests_.push_back(std::make_unique<Request>(app, apps_[app]));
    Request& request = *requests_.back();
    const Admission admission = arrive(*apps_[app], now_);
    ASSERT_EQ(static_cast<bool>(admission), expected);
    if (!expected) {
      ASSERT_EQ(admission.reason, Reason::rateLimit);
      ASSERT_GT(admission.wait.count(), 0);
      return endAs(request, End::refused);
    }
    tenant.take(1);
    own.take(1);
    waiting_.push_back(&request);
    admissions_.push(*flows_[app], request, weightsOf(app));
  }

  /// Those that may, in the queue's order; within an app nobody overtakes.
  void admitWaiting() {
    while (true) {
      FairItem* const item = admissions_.popFirst(
          [&](FairItem& candidate) { return tryBegin(static_cast<Request&>(candidate)); });
      if (!item) return;
      auto& request = static_cast<Request&>(*item);
      const auto first = std::find_if(waiting_.begin(), waiting_.end(), [&](const Request* other) {
        return other->app == request.app;
      });
      ASSERT_EQ(*first, &request) << "overtaken within its app";
      waiting_.erase(first);
      admissions_.charge(*flows_[request.app], 1);
      startOne(request);
    }
  }

  bool tryBegin(Request& request) {
    Account& tenant = tenantModel(request.app);
    Account& own = appModel(request.app);
    const Admission admission = begin(*apps_[request.app], now_);
    const bool places = tenant.inFlight < tenant.concurrency && own.inFlight < own.concurrency;
    if (!tenant.cpu.isClose(1, 1e3) && !own.cpu.isClose(1, 1e3)) {
      const bool cpu = tenant.cpu.has(1) && own.cpu.has(1);
      EXPECT_EQ(admission.reason == Reason::cpuQuota, !cpu);
      if (cpu) {
        EXPECT_EQ(static_cast<bool>(admission), places);
      }
    }
    if (!admission) return false;
    EXPECT_TRUE(places);
    request.counted = true;
    ++tenant.inFlight;
    ++own.inFlight;
    return true;
  }

  void startOne(Request& request) {
    Account& tenant = tenantModel(request.app);
    Account& own = appModel(request.app);
    const std::uint64_t bytes = 1 + random_() % 40;
    const bool fits =
        own.memory + bytes <= own.memoryTotal && tenant.memory + bytes <= tenant.memoryTotal;
    ASSERT_EQ(request.memory.take(bytes), fits);
    if (!fits) return endAs(request, End::refused);
    request.held = bytes;
    own.memory += bytes;
    tenant.memory += bytes;
    makeReady(request);
  }

  void makeReady(Request& request) {
    request.stage = Stage::turn;
    ready_.insert(&request);
    turnQueue_.push(*turns_[request.app], request, weightsOf(request.app));
  }

  /// The next request has its turn on the shard: it computes for a while, and then is over, is
  /// suspended, or has overrun.
  void takeTurn() {
    FairItem* const item = turnQueue_.pop();
    ASSERT_EQ(item == nullptr, ready_.empty()) << "forgotten, or invented";
    if (!item) return;
    auto& request = static_cast<Request&>(*item);
    ASSERT_EQ(ready_.erase(&request), 1U);
    const nanoseconds slice(random_() % 1'500'000);
    turnQueue_.charge(*turns_[request.app], static_cast<double>(slice.count()));
    if (!compute(request, slice)) return;
    if (slice >= milliseconds(1)) {
      request.stage = Stage::away;
      away_.push_back(&request);
      request.guest = {};
      request.guest.tenant = tenants_[tenantOf(request.app)].get();
      request.guest.app = apps_[request.app].get();
      return;
    }
    if (random_() % 3 == 0) return endAs(request, End::finished);
    request.stage = Stage::suspended;
    suspended_.push_back(&request);
  }

  void resumeOne() {
    if (suspended_.empty()) return;
    const std::size_t which = random_() % suspended_.size();
    Request& request = *suspended_[which];
    suspended_.erase(suspended_.begin() + static_cast<std::ptrdiff_t>(which));
    makeReady(request);
  }

  /// A tick of the watchdog: those away compute if they may, and some come to their end.
  void scheduleAway() {
    if (away_.empty()) return;
    std::vector<OverrunGuest> guests;
    for (Request* request : away_) {
      request->guest.weights = weightsOf(request->app);
      request->guest.throttled = apps_[request->app]->cpuWait(now_).count() > 0;
      guests.push_back(request->guest);
    }
    schedule_.decide(guests, now_);
    pass(milliseconds(1));
    std::size_t running = 0;
    std::size_t able = 0;
    std::vector<Request*> left;
    for (std::size_t i = 0; i < guests.size(); ++i) {
      Request& request = *away_[i];
      ASSERT_FALSE(guests[i].runs && guests[i].throttled);
      running += guests[i].runs ? 1 : 0;
      able += guests[i].throttled ? 0 : 1;
      const nanoseconds used = guests[i].runs ? nanoseconds(milliseconds(1)) : nanoseconds(0);
      request.guest.runs = guests[i].runs;
      request.guest.cpu = used;
      request.guest.total += used;
      if (guests[i].runs && !compute(request, used)) continue;
      if (guests[i].runs && random_() % 4 == 0) {
        endAs(request, End::finished);
        continue;
      }
      left.push_back(&request);
    }
    away_ = std::move(left);
    ASSERT_EQ(running, std::min(able, kProcessors)) << "a processor idles, or there are too many";
  }

  /// False if that was more than the request may use, and it was ended.
  bool compute(Request& request, nanoseconds time) {
    apps_[request.app]->chargeCpu(time, now_);
    request.used += time;
    const auto amount = static_cast<double>(time.count());
    tenantModel(request.app).cpu.take(amount);
    appModel(request.app).cpu.take(amount);
    if (request.used < apps_[request.app]->limits.cpu()) return true;
    endAs(request, End::cpuLimit);
    return false;
  }

  void shedOne() {
    auto& request = static_cast<Request&>(admissions_.shed());
    const auto place = std::find(waiting_.begin(), waiting_.end(), &request);
    ASSERT_NE(place, waiting_.end());
    waiting_.erase(place);
    endAs(request, End::shed);
  }

  void endAs(Request& request, End end) {
    ASSERT_EQ(request.end, End::none) << "ended twice";
    ASSERT_FALSE(request.is_linked());
    request.end = end;
    request.stage = Stage::over;
    if (request.held != 0) {
      request.memory.giveBack(request.held);
      appModel(request.app).memory -= request.held;
      tenantModel(request.app).memory -= request.held;
    }
    if (request.counted) {
      finish(*apps_[request.app]);
      --appModel(request.app).inFlight;
      --tenantModel(request.app).inFlight;
    }
  }
  void check() {
    ASSERT_EQ(admissions_.size(), waiting_.size());
    ASSERT_EQ(turnQueue_.size(), ready_.size());
    for (std::size_t i = 0; i < kTenants + kApps; ++i) {
      Quota& account = quota(i);
      ASSERT_EQ(account.inFlight.inside(), model_[i].inFlight);
      ASSERT_EQ(account.memory.held(), model_[i].memory);
      const Flow& cpu = model_[i].cpu;
      if (cpu.rate == 0) continue;
      const double expected = std::max(0.0, (1 - cpu.tokens) / cpu.rate * 1e9);
      const auto wait = static_cast<double>(account.cpu.wait(account.limits, now_).count());
      ASSERT_NEAR(wait, expected, 100 + expected * 1e-6) << "CPU time was lost or invented";
    }
  }

  std::mt19937 random_;
  Time now_{std::chrono::seconds(1000)};
  std::vector<std::shared_ptr<TenantQuota>> tenants_;
  std::vector<std::shared_ptr<AppQuota>> apps_;
  std::vector<std::unique_ptr<Places>> groups_;
  std::vector<std::unique_ptr<FairFlow>> flows_;
  std::vector<std::unique_ptr<FairFlow>> turns_;
  FairQueue admissions_;
  FairQueue turnQueue_;
  OverrunSchedule schedule_{kProcessors};

  Account model_[kTenants + kApps];
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<Request*> waiting_;  ///< as they came
  std::set<Request*> ready_;
  std::vector<Request*> suspended_;
  std::vector<Request*> away_;
};

TEST(ThePolicy, AgreesWithASimpleModelWhateverHappens) {
  std::size_t finished = 0;
  std::size_t refused = 0;
  std::size_t ended = 0;
  std::size_t shed = 0;
  for (unsigned seed = 1; seed <= 3'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) world.step();
    if (!testing::Test::HasFailure()) world.drain();
    if (testing::Test::HasFailure()) return;
    finished += world.count(End::finished);
    refused += world.count(End::refused);
    ended += world.count(End::cpuLimit);
    shed += world.count(End::shed);
  }
  EXPECT_GT(finished, 10'000U);
  EXPECT_GT(refused, 5'000U);
  EXPECT_GT(ended, 1'000U);
  EXPECT_GT(shed, 100U);
}

}  // namespace
}  // namespace skiff
