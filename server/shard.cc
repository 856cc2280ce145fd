#include "server/shard.h"

#include <boost/asio/post.hpp>

#include "server/request_task.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

std::string_view pathOf(std::string_view target) {
  return target.substr(0, target.find('?'));
}

}  // namespace

Shard::Shard(const ShardEnvironment& environment, std::size_t index)
    : environment_(environment),
      index_(index),
      engine_(environment.nursery, environment.budget, environment.config.reset),
      fileIo_(context_, environment.fileIo),
      metrics_(environment.metrics.addShard()),
      accessLog_(environment.accessLog),
      frontEnd_(std::make_unique<HttpFrontEnd>(context_, HttpLimits::from(environment.config),
                                               environment.ledger, *this)) {
  engine_.setFileIo(&fileIo_);
}

Shard::~Shard() {
  stop();
}

void Shard::start(std::vector<ListenSocket> sockets) {
  for (ListenSocket& socket : sockets) frontEnd_->listen(std::move(socket));
  work_.emplace(context_.get_executor());
  scheduleTick();
  started_ = true;
  environment_.runners.carry(*this);
}

void Shard::onRequest(HttpExchange& exchange) {
  if (!deployment_) return exchange.fail(Reason::notReady);
  const RequestHead& head = exchange.request();
  RouteMatch match;
  if (!deployment_->routes.lookup(head.host, pathOf(head.target), match)) {
    return exchange.fail(Reason::noRoute);
  }
  AppHost& host = *hosts_[match.target];
  auto& task = exchange.attach<RequestTask>(*this, host, exchange);
  exchange.setMatchedRoute(match.pattern);
  if (!exchange.setRequestBodyLimit(host.deployment().quota->limits.requestBody().bytes())) return;
  exchange.setOrigin(host.origin());
  exchange.setQuota(&host.quota());
  host.touch(now_);
  task.begin();
}

void Shard::tellLimitsChanged() {
  asio::post(context_, [this] { deadlines_.tellLimitsChanged(); });
}

void Shard::drain(std::function<void()> drained) {
  asio::post(context_, [this, drained = std::move(drained)]() mutable {
    drained_ = std::move(drained);
    frontEnd_->drain(this);
  });
}

void Shard::onDrained() {
  if (drained_) drained_();
}

void Shard::stop() {
  if (!std::exchange(started_, false)) return;
  engine_.endGuests();  // the loop may be held up by one
  asio::post(context_, [this] {
    ending_ = true;
    if (away_ == 0) end();
  });
  ended_.get_future().wait();
}

void Shard::end() {
  // What is under way here is settled first, and what the abort brings about before the loop ends.
  asio::post(context_, [this] {
    if (away_ != 0) return;
    if (frontEnd_) frontEnd_->abortAll(Reason::drained);
    asio::post(context_, [this] {
      if (away_ != 0) return;
      frontEnd_.reset();
      accessLog_.flush();
      deadlines_.stop();
      context_.stop();
    });
  });
}

}  // namespace skiff
