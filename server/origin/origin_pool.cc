#include "server/origin/origin_pool.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "config/private_address.h"

namespace skiff {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

bool isPrivate(const asio::ip::tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  return address.is_v4() ? isPrivateIpv4(address.to_v4().to_uint())
                         : isPrivateIpv6(address.to_v6().to_bytes());
}

/// Whether the name can lead nowhere else, so that only who may set it has.
bool isLocalName(std::string_view host) {
  return host.find('.') == host.npos || host.ends_with(".localhost");
}

}  // namespace

OriginPool::OriginPool(asio::io_context& context, OriginAddress address, OriginOptions options)
    : context_(context),
      address_(std::move(address)),
      options_(options),
      mayBePrivate_(options.privateNames || isLocalName(address_.host)),
      idleTimer_(context),
      resolver_(context) {
  error_code notLiteral;
  const auto literal = asio::ip::make_address(address_.host, notLiteral);
  if (!notLiteral) {
    endpoints_.emplace_back(literal, address_.port);
    endpointsUntil_ = steady_clock::time_point::max();  // nothing to look up, ever
  }
}

std::shared_ptr<OriginConnection> OriginPool::takeIdle() {
  while (!idle_.empty()) {
    const std::shared_ptr<OriginConnection> connection = std::move(idle_.back().connection);
    idle_.pop_back();
    setIdleCount();
    if (connection->stopWatching()) {
      reused_.fetch_add(1, std::memory_order_relaxed);
      return connection;
    }
    discard(*connection);
  }
  return nullptr;
}

std::shared_ptr<OriginConnection> OriginPool::makeConnection() {
  open_.fetch_add(1, std::memory_order_relaxed);
  opened_.fetch_add(1, std::memory_order_relaxed);
  return std::make_shared<OriginConnection>(context_);
}

void OriginPool::giveBack(std::shared_ptr<OriginConnection> connection) {
  if (shutDown_ || idle_.size() >= options_.maxIdle) {
    discard(*connection);
    return;
  }
  connection->watchIdle([pool = weak_from_this(), raw = connection.get()] {
    if (const auto self = pool.lock()) self->removeIdle(*raw);
  });
  idle_.push_back({std::move(connection), steady_clock::now()});
  setIdleCount();
  startTimer();
}

void OriginPool::discard(OriginConnection& connection) {
  connection.close();
  open_.fetch_sub(1, std::memory_order_relaxed);
}

void OriginPool::removeIdle(const OriginConnection& connection) {
  const auto found = std::ranges::find_if(
      idle_, [&connection](const Idle& idle) { return idle.connection.get() == &connection; });
  if (found == idle_.end()) return;
  discard(*found->connection);
  idle_.erase(found);
  setIdleCount();
}

void OriginPool::closeExpired() {
  const auto oldest = steady_clock::now() - options_.idleTimeout;
  while (!idle_.empty() && idle_.front().since <= oldest) {
    discard(*idle_.front().connection);
    idle_.pop_front();
  }
  setIdleCount();
}

/// One timer for all, set to when the longest unused connection is due.
void OriginPool::startTimer() {
  if (timerRuns_ || idle_.empty()) return;
  timerRuns_ = true;
  idleTimer_.expires_at(idle_.front().since + options_.idleTimeout);
  idleTimer_.async_wait([pool = weak_from_this()](error_code) {
    const auto self = pool.lock();
    if (!self) return;
    self->timerRuns_ = false;
    if (self->shutDown_) return;
    self->closeExpired();
    self->startTimer();
  });
}

void OriginPool::resolve(ResolveHandler handler) {
  if (steady_clock::now() < endpointsUntil_) {
    handler(endpoints_);
    return;
  }
  resolveWaiters_.push_back(std::move(handler));
  if (resolveWaiters_.size() > 1) return;
  resolver_.async_resolve(
      address_.host, std::to_string(address_.port), asio::ip::tcp::resolver::numeric_service,
      [self = shared_from_this()](error_code error,
                                  const asio::ip::tcp::resolver::results_type& results) {
        if (error || results.empty()) {
          self->finishResolve(Error{"cannot find the address of origin " + self->address_.host +
                                    ": " + (error ? error.message() : "it has none")});
          return;
        }
        self->endpoints_.assign(results.begin(), results.end());
        if (!self->mayBePrivate_) {
          std::erase_if(self->endpoints_, [](const auto& endpoint) { return isPrivate(endpoint); });
        }
        if (self->endpoints_.empty()) {
          self->finishResolve(Error{"origin " + self->address_.host +
                                    " is on this machine or on a network that is not public, which "
                                    "only an operator may set: by its address, or in the file"});
          return;
        }
        self->endpointsUntil_ = steady_clock::now() + self->options_.resolveTtl;
        self->finishResolve(self->endpoints_);
      });
}

void OriginPool::finishResolve(const Result<OriginEndpoints>& result) {
  for (const ResolveHandler& waiter : std::exchange(resolveWaiters_, {})) waiter(result);
}

void OriginPool::forgetAddresses() {
  if (endpointsUntil_ != steady_clock::time_point::max()) endpointsUntil_ = {};
}

OriginCounts OriginPool::counts() const {
  return {open_.load(std::memory_order_relaxed), idleCount_.load(std::memory_order_relaxed),
          opened_.load(std::memory_order_relaxed), reused_.load(std::memory_order_relaxed),
          failed_.load(std::memory_order_relaxed)};
}

void OriginPool::shutDown() {
  shutDown_ = true;
  idleTimer_.cancel();
  for (const Idle& idle : idle_) discard(*idle.connection);
  idle_.clear();
  setIdleCount();
}

}  // namespace skiff
