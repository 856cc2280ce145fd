#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/http/block_pool.h"
#include "server/http/client_connection.h"
#include "server/http/client_poller.h"
#include "server/http/connection_ledger.h"
#include "server/http/deadlines.h"
#include "server/http/exchange.h"
#include "server/http/handshake_turns.h"
#include "server/http/http_date.h"
#include "server/http/http_limits.h"
#include "server/http/request_handler.h"
#include "server/http/request_id.h"

namespace skiff {

class DrainListener;

/// What the connections of one front end share: limits, pools and each other. One thread.
struct ShardState {
  ShardState(boost::asio::io_context& context_, const HttpLimits& limits_,
             ConnectionLedger& ledger_, RequestHandler& handler_);
  ~ShardState();

  /// An exchange in its initial state. Used ones are kept: the memory that a request's head needs
  /// is then in the cache, and an idle connection has none.
  std::unique_ptr<HttpExchange> takeExchange();
  void giveBack(std::unique_ptr<HttpExchange> exchange);

  void add(std::unique_ptr<ClientConnection> connection);
  /// Destroys it.
  void remove(ClientConnection& connection);

  boost::asio::io_context& context;
  const HttpLimits limits;
  ConnectionLedger& ledger;
  RequestHandler& handler;
  ClientPoller poller;
  BlockPool blocks;
  Deadlines deadlines;
  HandshakeTurns handshakes;
  HttpDate date;
  RequestIds requestIds;
  std::string scratch;
  bool draining = false;
  DrainListener* drainListener = nullptr;
  std::size_t connectionCount = 0;
  std::size_t exchangeCount = 0;
  boost::intrusive::list<ClientConnection, boost::intrusive::constant_time_size<false>> connections;

 private:
  static constexpr std::size_t kKeptExchanges = 256;
  std::vector<std::unique_ptr<HttpExchange>> exchanges_;
};

}  // namespace skiff
