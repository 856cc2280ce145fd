#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>
#include <cstddef>

#include "server/admin/admin_routes.h"

namespace skiff {

/// Bounds of one connection to the admin listener.
struct AdminSessionLimits {
  std::size_t header = 8 * 1024;            ///< bytes of a request's line and fields
  std::chrono::milliseconds read{30'000};   ///< from the last answer to the end of the next head
  std::chrono::milliseconds write{10'000};  ///< for one answer
  std::chrono::milliseconds linger{1'000};  ///< to take in what a refused client still sends
};

/// One connection to the admin listener: answers its requests one after the other. Everything on
/// the listener's thread. Requests have no use for a body, so none is read: a request with a body
/// is answered by its head, and ends the connection.
class AdminSession {
 public:
  /// REQUIRES: `hooks` outlives the session.
  AdminSession(boost::asio::ip::tcp::socket socket, const AdminHooks& hooks,
               AdminSessionLimits limits);

  /// Runs until the client leaves, a limit strikes, or stop(). REQUIRES: the session outlives it.
  boost::asio::awaitable<void> run();
  /// Ends the connection after the answer that is being sent, at once if there is none.
  void stop();
  /// Ends the connection now.
  void abort();

 private:
  /// False if the connection cannot go on.
  boost::asio::awaitable<bool> serveOne();
  boost::asio::awaitable<bool> send(const AdminAnswer& answer, unsigned version, bool withBody,
                                    bool keepAlive);
  boost::asio::awaitable<void> close();

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  const AdminHooks& hooks_;
  const AdminSessionLimits limits_;
  bool waiting_ = false;  ///< for the client, with no answer to finish
  bool stopping_ = false;
};

}  // namespace skiff
