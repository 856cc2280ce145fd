#include "server/http/front_end.h"

#include <boost/asio/post.hpp>
#include <memory>
#include <vector>

#include "server/http/listener.h"
#include "server/http/shard_state.h"

namespace skiff {

class HttpFrontEnd::Impl {
 public:
  Impl(boost::asio::io_context& context, const HttpLimits& limits, ConnectionLedger& ledger,
       RequestHandler& handler)
      : shard(context, limits, ledger, handler) {}

  /// Calls `act` for each connection, which may destroy that one.
  template <class Act>
  void forEachConnection(Act act) {
    for (auto position = shard.connections.begin(); position != shard.connections.end();) {
      ClientConnection& connection = *position++;
      act(connection);
    }
  }

  ShardState shard;
  std::vector<std::unique_ptr<Listener>> listeners;
};

HttpFrontEnd::HttpFrontEnd(boost::asio::io_context& context, const HttpLimits& limits,
                           ConnectionLedger& ledger, RequestHandler& handler)
    : impl_(std::make_unique<Impl>(context, limits, ledger, handler)) {}

HttpFrontEnd::~HttpFrontEnd() = default;

void HttpFrontEnd::listen(ListenSocket socket, TlsServer* tls) {
  impl_->listeners.push_back(std::make_unique<Listener>(impl_->shard, std::move(socket), tls));
  impl_->listeners.back()->start();
}

void HttpFrontEnd::stopAccepting() {
  for (const auto& listener : impl_->listeners) listener->stop();
}

void HttpFrontEnd::drain(DrainListener* listener) {
  ShardState& shard = impl_->shard;
  for (const auto& one : impl_->listeners) one->finish();
  shard.draining = true;
  if (shard.connectionCount == 0) {
    shard.poller.stop();
    if (listener != nullptr) {
      boost::asio::post(shard.context, [listener] { listener->onDrained(); });
    }
    return;
  }
  shard.drainListener = listener;
  impl_->forEachConnection([](ClientConnection& connection) { connection.drain(); });
}

void HttpFrontEnd::abortAll(Reason reason) {
  impl_->forEachConnection([reason](ClientConnection& connection) { connection.abort(reason); });
}

void HttpFrontEnd::resume() {
  impl_->shard.poller.resume();
}

std::size_t HttpFrontEnd::connections() const {
  return impl_->shard.connectionCount;
}

std::size_t HttpFrontEnd::exchanges() const {
  return impl_->shard.exchangeCount;
}

}  // namespace skiff
