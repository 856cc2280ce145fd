#include "server/http/shard_state.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "server/http/front_end.h"
#include "server/http/output_buffer.h"

namespace skiff {
namespace {

/// A block takes a whole head or a full buffer with its head and framing.
std::size_t blockSizeFor(const HttpLimits& limits) {
  return std::max(HttpLimits::kBuffer, limits.largestHead()) + 4 * OutputBuffer::kHeadRoom;
}

}  // namespace

ShardState::ShardState(boost::asio::io_context& context_, const HttpLimits& limits_,
                       ConnectionLedger& ledger_, RequestHandler& handler_)
    : context(context_),
      limits(limits_),
      ledger(ledger_),
      handler(handler_),
      poller(context_),
      blocks(blockSizeFor(limits_)),
      deadlines(context_, limits),
      handshakes(context_) {
  exchanges_.reserve(kKeptExchanges);
}

ShardState::~ShardState() {
  connections.clear_and_dispose([](ClientConnection* connection) { delete connection; });
}

std::unique_ptr<HttpExchange> ShardState::takeExchange() {
  ++exchangeCount;
  if (exchanges_.empty()) return std::make_unique<HttpExchange>();
  auto exchange = std::move(exchanges_.back());
  exchanges_.pop_back();
  return exchange;
}

void ShardState::giveBack(std::unique_ptr<HttpExchange> exchange) {
  --exchangeCount;
  if (exchanges_.size() < kKeptExchanges) exchanges_.push_back(std::move(exchange));
}

void ShardState::add(std::unique_ptr<ClientConnection> connection) {
  ++connectionCount;
  connections.push_back(*connection);
  connection.release()->start();
}

void ShardState::remove(ClientConnection& connection) {
  connections.erase(connections.iterator_to(connection));
  delete &connection;
  --connectionCount;
  if (connectionCount != 0) return;
  if (draining) poller.stop();
  if (drainListener == nullptr) return;
  // Posted, so that the listener may destroy the front end.
  boost::asio::post(context,
                    [listener = std::exchange(drainListener, nullptr)] { listener->onDrained(); });
}

}  // namespace skiff
