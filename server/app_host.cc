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
  return std::make_unique<HttpOriginConnector>(context, std::move(*address));
}

}  // namespace

AppHost::AppHost(std::shared_ptr<const AppDeployment> deployment, ShardEngine& engine,
                 InstancePool::Limits limits, std::shared_ptr<TenantPlaces> places,
                 AppMetrics& metrics, boost::asio::io_context& context)
    : deployment_(std::move(deployment)),
      pool_(engine, deployment_->module, limits),
      metrics_(metrics),
      origin_(connectorOf(deployment_->config, context)),
      context_(context),
      places_(std::move(places)) {}

AppHost::~AppHost() = default;

void AppHost::serveWaiting() {
  if (serving_ || waiting_.empty()) return;
  serving_ = true;
  boost::asio::post(context_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->serving_ = false;
    if (self->waiting_.empty() || !self->pool_.available()) return;
    RequestTask* const task = self->waiting_.front();
    self->waiting_.pop_front();
    task->retry();
  });
}

}  // namespace skiff
