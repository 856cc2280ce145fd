#include "server/app_host.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "server/origin/origin_address.h"
#include "server/request_task.h"

namespace skiff {
namespace {

std::unique_ptr<HttpOriginConnector> connectorOf(const AppConfig& config,
                                                 boost::asio::io_context& context) {
  if (!config.origin) return nullptr;
  auto address = OriginAddress::parse(*config.origin);
  if (address.has_error()) return nullptr;  // the configuration was checked: not reached
  OriginOptions options;
  options.privateNames = config.trustedOrigin;
  return std::make_unique<HttpOriginConnector>(context, std::move(*address), options);
}

}  // namespace

AppHost::AppHost(std::shared_ptr<const AppVersion> version, std::size_t target,
                 std::shared_ptr<TenantPlaces> places, AppMetrics& metrics,
                 boost::asio::io_context& context)
    : version_(std::move(version)),
      target_(target),
      metrics_(metrics),
      origin_(connectorOf(version_->config(), context)),
      context_(context),
      places_(std::move(places)) {}

AppHost::~AppHost() {
  publishCounts();
}

void AppHost::setModule(std::shared_ptr<const PreparedModule> module, ShardEngine& engine,
                        InstancePool::Limits limits) {
  loading_ = false;
  pool_.emplace(engine, std::move(module), limits);
  serveWaiting();
}

void AppHost::failLoading(const std::string& why, std::chrono::steady_clock::time_point retry) {
  loading_ = false;
  loadAgain_ = retry;
  while (!waiting_.empty()) {
    RequestTask* const task = waiting_.front();
    waiting_.pop_front();
    task->onNotLoaded(why);
  }
}

void AppHost::publishCounts() {
  const Counted counted = std::exchange(counted_, {});
  if (counted.requests == 0) return;
  const auto cpu = static_cast<std::uint64_t>(counted.cpu.count());
  for (RequestTotals* totals : {&version_->totals(), version_->facts().appTotals.get()}) {
    totals->requests.fetch_add(counted.requests, std::memory_order_relaxed);
    totals->failed.fetch_add(counted.failed, std::memory_order_relaxed);
    totals->cpuNanoseconds.fetch_add(cpu, std::memory_order_relaxed);
  }
}

void AppHost::serveWaiting() {
  if (serving_ || waiting_.empty()) return;
  serving_ = true;
  boost::asio::post(context_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->serving_ = false;
    if (self->waiting_.empty() || !self->pool_ || !self->pool_->available()) return;
    RequestTask* const task = self->waiting_.front();
    self->waiting_.pop_front();
    task->retry();
  });
}

}  // namespace skiff
