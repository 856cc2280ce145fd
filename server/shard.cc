#include "server/shard.h"

#include <boost/asio/post.hpp>

#include "server/request_task.h"
#include "server/tls/certificate.h"

namespace skiff {
namespace {

namespace asio = boost::asio;

/// How long it takes says nothing of where they differ.
bool equalInConstantTime(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

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
      random_(static_cast<std::uint32_t>(index + 1) * 0x9e3779b9),
      frontEnd_(std::make_unique<HttpFrontEnd>(context_, HttpLimits::from(environment.config),
                                               environment.ledger, *this)) {
  engine_.setFileIo(&fileIo_);
}

Shard::~Shard() {
  stop();
}

void Shard::start() {
  work_.emplace(context_.get_executor());
  scheduleTick();
  started_ = true;
  environment_.runners.carry(*this);
}

void Shard::listen(std::vector<ListenSocket> sockets) {
  asio::post(context_, [this, sockets = std::move(sockets)]() mutable {
    for (ListenSocket& socket : sockets) {
      TlsServer* const tls =
          socket.speaks() == ListenSocket::Speaks::tls ? environment_.tls : nullptr;
      frontEnd_->listen(std::move(socket), tls);
    }
  });
}

void Shard::onRequest(HttpExchange& exchange) {
  if (environment_.config.serverTiming) exchange.startTiming();
  if (!deployment_) return exchange.fail(Reason::notReady);
  const RequestHead& head = exchange.request();
  if (environment_.config.strictSni && !isForHost(exchange)) return;
  RouteMatch match;
  if (!deployment_->routes->lookup(head.host, pathOf(head.target), match)) {
    return exchange.fail(Reason::noRoute);
  }
  AppHost* const chosen = choose(match.target, exchange);
  if (!chosen) return;
  AppHost& host = *chosen;
  if (environment_.config.strictSni && !isForTenant(exchange, host)) return;
  auto& task = exchange.attach<RequestTask>(*this, host, exchange);
  exchange.setMatchedRoute(match.pattern);
  if (!exchange.setRequestBodyLimit(host.quota().limits.requestBody().bytes())) return;
  exchange.setOrigin(host.origin());
  exchange.setQuota(&host.quota());
  noteUse(host);
  task.begin();
}

/// Of a connection whose certificate is for other hosts: it was made to somebody else, who would
/// answer differently (RFC 9110, 15.5.20).
bool Shard::isForHost(HttpExchange& exchange) {
  const Certificate* const certificate = exchange.certificate();
  if (certificate == nullptr || certificate->covers(exchange.request().host)) return true;
  exchange.fail(Reason::misdirected,
                "The certificate of this connection is not for the request's host.");
  return false;
}

bool Shard::isForTenant(HttpExchange& exchange, const AppHost& host) {
  const Certificate* const certificate = exchange.certificate();
  if (certificate == nullptr || certificate->isFor(host.version().facts().tenant)) return true;
  exchange.fail(Reason::misdirected,
                "The certificate of this connection is not of the tenant that answers here.");
  return false;
}

AppHost* Shard::choose(std::size_t target, HttpExchange& exchange) {
  Entry& entry = entries_[target];
  const ServedApp& app = *entry.app;
  std::size_t index = 0;
  if (app.versions.empty()) {
    exchange.fail(Reason::notReady, "The app has no deployment yet.");
    return nullptr;
  }
  const auto chosen =
      app.overrideKey.empty() ? std::nullopt : chosenByRequest(app, exchange.request());
  if (chosen) {
    index = *chosen;
    if (index == app.versions.size()) {
      exchange.fail(Reason::badRequest, "skiff-version: not this app's key, or no such version.");
      return nullptr;
    }
  } else if (app.versions.size() > 1) {
    random_ = random_ * 1'664'525 + 1'013'904'223;
    // The low bits of such a sequence repeat soon.
    const std::uint32_t any = random_ ^ (random_ >> 16) * 0x45d9f3b;
    index =
        app.split.at(app.split.placeOf(exchange.request(), exchange.sourceAddress()).value_or(any));
  }
  return &hostOf(entry, index);
}

AppHost& Shard::hostOf(Entry& entry, std::size_t index) {
  std::shared_ptr<AppHost>& host = entry.hosts[index];
  if (!host) {
    host = makeHost(entry.app->versions[index], targetOf(entry));
    hosts_.push_back(host);
    if (entry.app->kept) useModule(*host, entry.app->kept);
  }
  return *host;
}

/// A request that says which version it wants, and knows the app's key, in the field
/// "skiff-version: VERSION KEY", which its guest does not see. The number of versions stands for
/// none.
std::optional<std::size_t> Shard::chosenByRequest(const ServedApp& app, RequestHead& head) {
  constexpr std::string_view kField = "skiff-version";
  const std::string_view* const value = head.headers.find(kField);
  if (!value) return std::nullopt;
  const std::string_view wanted = *value;
  head.headers.remove(kField);
  const std::size_t space = wanted.find(' ');
  if (space == std::string_view::npos ||
      !equalInConstantTime(wanted.substr(space + 1), app.overrideKey)) {
    return app.versions.size();
  }
  std::size_t index = 0;
  while (index < app.versions.size() &&
         app.versions[index]->facts().name != wanted.substr(0, space)) {
    ++index;
  }
  return index;
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
  carriers_->awaitEnd();
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
