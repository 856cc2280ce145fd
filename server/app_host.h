#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>

#include "isolate/instance_pool.h"
#include "server/deployment.h"
#include "server/observe/shard_metrics.h"
#include "server/origin/origin_connector.h"

namespace boost::asio {
class io_context;
}

namespace skiff {

class RequestTask;

/// One app on one shard: its instances, its connections to its origin, and the requests that wait
/// for an instance. One thread.
class AppHost : public std::enable_shared_from_this<AppHost> {
 public:
  AppHost(std::shared_ptr<const AppDeployment> deployment, ShardEngine& engine,
          InstancePool::Limits limits, std::size_t concurrency, AppMetrics& metrics,
          boost::asio::io_context& context);
  /// REQUIRES: unused().
  ~AppHost();

  const AppDeployment& deployment() const { return *deployment_; }
  const std::shared_ptr<const AppDeployment>& shared() const { return deployment_; }
  InstancePool& pool() { return pool_; }
  const InstancePool& pool() const { return pool_; }
  AppMetrics& metrics() { return metrics_; }
  /// nullptr if the app has no origin.
  HttpOriginConnector* origin() { return origin_.get(); }

  /// Counts a request in, from its start to onFinished; false if too many are in flight.
  bool enter();
  void leave() { --inFlight_; }
  bool unused() const { return inFlight_ == 0; }

  /// Requests that wait for an instance, first come, first served.
  void enqueue(RequestTask& task) { waiting_.push_back(&task); }
  void requeue(RequestTask& task) { waiting_.push_front(&task); }
  void dequeue(RequestTask& task) { std::erase(waiting_, &task); }
  bool hasWaiting() const { return !waiting_.empty(); }
  /// Lets those that wait have the instances that are free, from the loop and in their order.
  void serveWaiting();

  /// When it was used last, for giving back what is idle.
  std::chrono::steady_clock::time_point lastUsed() const { return lastUsed_; }
  void touch(std::chrono::steady_clock::time_point now) { lastUsed_ = now; }

 private:
  const std::shared_ptr<const AppDeployment> deployment_;
  InstancePool pool_;
  AppMetrics& metrics_;
  std::unique_ptr<HttpOriginConnector> origin_;
  boost::asio::io_context& context_;
  const std::size_t concurrency_;
  std::size_t inFlight_ = 0;
  std::deque<RequestTask*> waiting_;
  bool serving_ = false;  ///< serveWaiting is under way
  std::chrono::steady_clock::time_point lastUsed_{};
};

}  // namespace skiff
