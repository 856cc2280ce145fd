#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "server/http/client_socket.h"
#include "server/http/listen_socket.h"
#include "server/http/shard_state.h"

namespace skiff {

/// Accepts the connections of one listening socket. Never gives up: an error of one connection is
/// passed over, and when descriptors or memory have run out it pauses, so that it neither spins nor
/// leaves clients for good; the log is told once, and when it goes on. One thread.
class Listener {
 public:
  /// `tls`: what is spoken with; nullptr: HTTP without TLS. Outlives it.
  Listener(ShardState& shard, ListenSocket socket, TlsServer* tls);
  ~Listener() { stop(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void start() { accept(); }
  void stop();
  /// Admits those who have connected already, then stops.
  void finish();

 private:
  void accept();
  void takeWaiting();
  /// Of those that wait, this many at most.
  enum class Taken : std::uint8_t { some, all, failed };
  Taken take(int most);
  void pause(int error);
  void admit(ClientSocket socket);
  void turnAway(ClientSocket socket, ConnectionLedger::Verdict verdict);

  ShardState& shard_;
  TlsServer* const tls_;
  const std::string address_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>
      acceptor_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      pause_;
  boost::asio::ip::tcp::endpoint peer_;
  bool failing_ = false;                                       ///< and the log was told so
  std::optional<std::chrono::steady_clock::time_point> told_;  ///< when the log was
};

}  // namespace skiff
