#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "isolate/instance_pool.h"
#include "quota/fair_queue.h"
#include "quota/overrun_forecast.h"
#include "server/app_version.h"
#include "server/observe/shard_metrics.h"
#include "server/origin/origin_connector.h"
#include "server/prewarm_bounds.h"
#include "server/tidy_task.h"
#include "server/warm_task.h"

namespace boost::asio {
class io_context;
}

namespace skiff {

class RequestTask;

/// What the shard knows of requests that wait because of the limits of a tenant, or of an app.
struct RefusedRequests {
  std::uint64_t look = 0;  ///< at those that wait: the last in which the limits let no more in
  bool noted = false;      ///< in the quota, for the other shards
};

/// What the apps of a tenant share on a shard: their places in its queues.
struct TenantPlaces {
  FairGroup turns;
  FairGroup admissions;
  RefusedRequests refused;
};

/// One version of an app on one shard: its instances, its connections to its origin, and the
/// requests that wait for an instance. It has instances once its module is loaded. One thread.
class AppHost : public std::enable_shared_from_this<AppHost> {
 public:
  AppHost(std::shared_ptr<const AppVersion> version, std::size_t target,
          std::shared_ptr<TenantPlaces> places, AppMetrics& metrics,
          boost::asio::io_context& context);
  /// REQUIRES: unused().
  ~AppHost();

  const AppVersion& version() const { return *version_; }
  const std::shared_ptr<const AppVersion>& sharedVersion() const { return version_; }
  /// Where the app is among those that are served.
  std::size_t target() const { return target_; }

  bool isLoaded() const { return pool_.has_value(); }
  /// Its module is there: those that wait for it go on. REQUIRES: not loaded.
  void setModule(std::shared_ptr<const PreparedModule> module, ShardEngine& engine,
                 InstancePool::Limits limits);
  /// Its module cannot be had for now: those that wait for it are refused.
  void failLoading(const std::string& why, std::chrono::steady_clock::time_point retry);
  bool isLoading() const { return loading_; }
  void beginLoading() { loading_ = true; }
  /// When it may be tried again, after it failed.
  std::chrono::steady_clock::time_point loadAgain() const { return loadAgain_; }

  /// REQUIRES: isLoaded(), as for all that is about instances.
  InstancePool& pool() { return *pool_; }
  const InstancePool& pool() const { return *pool_; }
  AppMetrics& metrics() { return metrics_; }
  /// nullptr if the app has no origin.
  HttpOriginConnector* origin() { return origin_.get(); }

  AppQuota& quota() const { return version_->quota(); }
  FairWeights weights() const {
    return {.tenant = quota().tenant->limits.weight(), .app = quota().limits.weight()};
  }

  /// How long until an instance may be made for a request; zero: now. One that is initialised anew
  /// reads and writes on the app's account where it cannot wait, so it waits before.
  std::chrono::nanoseconds initialisationWait() const {
    return !pool_ || pool_->module().image ? std::chrono::nanoseconds::zero() : quota().ioWait();
  }

  /// Counts a request in, from its start to onFinished.
  void enter() { ++requests_; }
  void leave() { --requests_; }
  bool unused() const { return requests_ == 0 && !warm_.isBusy() && !tidy_.isBusy(); }

  /// Its places in the shard's queues: of work that is to have its turn, and of requests that are
  /// to be admitted.
  FairFlow& turns() { return turns_; }
  FairFlow& admissions() { return admissions_; }
  TenantPlaces& places() { return *places_; }
  RefusedRequests& refused() { return refused_; }

  /// Requests that wait for an instance, first come, first served.
  void enqueue(RequestTask& task) { waiting_.push_back(&task); }
  void requeue(RequestTask& task) { waiting_.push_front(&task); }
  void dequeue(RequestTask& task) { std::erase(waiting_, &task); }
  bool hasWaiting() const { return !waiting_.empty(); }
  /// Lets the first of those that wait try to get an instance, from the loop, if one may be free.
  /// It comes back here, or to the queue.
  void serveWaiting();

  /// Its turn comes again once the pool is home. REQUIRES: the pool is away.
  void defer(Work& work) { deferred_.push_back(work); }
  /// A section of it runs beside the shard, or is back.
  void sendAway() { pool_->setAway(true); }
  /// Gives `back` what was deferred.
  template <class Back>
  void bringHome(Back back) {
    pool_->setAway(false);
    while (!deferred_.empty()) {
      auto& work = static_cast<Work&>(deferred_.front());
      deferred_.pop_front();
      back(work);
    }
    serveWaiting();
  }

  /// How much CPU time an activation took; a hand-off is an overrun at once.
  void recordActivation(std::chrono::nanoseconds cpu, std::chrono::steady_clock::time_point now) {
    forecast_.record(cpu, now);
  }
  bool mayOverrun(std::chrono::steady_clock::time_point now) const {
    return forecast_.mayOverrun(now);
  }
  /// The next activation is likely to take so little that others need not be looked for first.
  bool isBrief() const { return forecast_.isBrief(); }

  WarmTask& warmTask() { return warm_; }
  TidyTask& tidyTask() { return tidy_; }

  /// Whether an instance was refused for the tenant's memory_total since this was asked last.
  bool noticeRefusals() {
    const std::uint32_t count = quota().tenant->refusedInstances.load(std::memory_order_relaxed);
    return std::exchange(refusals_, count) != count;
  }

  /// A request has ended; `failed`: for a fault of its guest, or a limit.
  void count(bool failed, std::chrono::nanoseconds cpu) {
    ++counted_.requests;
    counted_.failed += failed ? 1 : 0;
    counted_.cpu += cpu;
  }
  /// Adds what was counted to the version's and the app's totals: at ticks.
  void publishCounts();

  /// Is loaded ahead of the first request, in this place; nullptr: a request has come.
  void setPrewarming(std::unique_ptr<PrewarmBounds::Place> place) {
    prewarmed_ = std::move(place);
    prewarming_ = prewarming_ || prewarmed_;
  }
  /// Was loaded ahead, or is being so, and no request has come.
  bool isPrewarmed() const { return prewarmed_ != nullptr; }
  /// It is loaded, or could not be; whether that was begun ahead of a request.
  bool endPrewarming() {
    if (prewarmed_) prewarmed_->endLoading();
    return std::exchange(prewarming_, false);
  }

  /// When it was used last, for giving back what is idle.
  std::chrono::steady_clock::time_point lastUsed() const { return lastUsed_; }
  void touch(std::chrono::steady_clock::time_point now) { lastUsed_ = now; }

 private:
  struct Counted {
    std::uint64_t requests = 0;
    std::uint64_t failed = 0;
    std::chrono::nanoseconds cpu{};
  };

  const std::shared_ptr<const AppVersion> version_;
  const std::size_t target_;
  std::optional<InstancePool> pool_;
  bool loading_ = false;
  std::chrono::steady_clock::time_point loadAgain_{};
  Counted counted_;
  AppMetrics& metrics_;
  std::uint32_t refusals_ = 0;
  std::unique_ptr<HttpOriginConnector> origin_;
  boost::asio::io_context& context_;
  const std::shared_ptr<TenantPlaces> places_;
  FairFlow turns_{places_->turns};
  FairFlow admissions_{places_->admissions};
  RefusedRequests refused_;
  std::size_t requests_ = 0;
  std::deque<RequestTask*> waiting_;
  boost::intrusive::list<FairItem, boost::intrusive::constant_time_size<false>> deferred_;
  OverrunForecast forecast_;
  WarmTask warm_{*this};
  TidyTask tidy_{*this};
  bool serving_ = false;  ///< serveWaiting is under way
  std::chrono::steady_clock::time_point lastUsed_{};
  std::unique_ptr<PrewarmBounds::Place> prewarmed_;
  bool prewarming_ = false;  ///< its module is being loaded since a client named its host
};

}  // namespace skiff
