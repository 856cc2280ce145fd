#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace skiff {

using OriginEndpoints = std::vector<boost::asio::ip::tcp::endpoint>;

/// One TCP connection to an origin. Lives as long as somebody or an operation under way holds it;
/// close() ends what is under way. One thread.
class OriginConnection : public std::enable_shared_from_this<OriginConnection> {
 public:
  static constexpr std::size_t kReadSize = 16 * 1024;
  using ConnectHandler = std::function<void(boost::system::error_code)>;

  explicit OriginConnection(boost::asio::io_context& context);
  OriginConnection(const OriginConnection&) = delete;
  OriginConnection& operator=(const OriginConnection&) = delete;

  /// Tries the endpoints in order; each gets an equal share of the time that is left until
  /// `deadline`. The handler is called once, from the loop, with the last attempt's error
  /// (timed_out if its share ran out) or none; not at all once close() was called. REQUIRES: called
  /// once.
  void connect(OriginEndpoints endpoints, std::chrono::steady_clock::time_point deadline,
               ConnectHandler handler);
  void close();

  boost::asio::ip::tcp::socket& socket() { return socket_; }
  /// Where reads go; one read at a time.
  std::array<char, kReadSize>& readBuffer() { return readBuffer_; }

  /// Calls `onGone` when the other side closes the connection or sends something while nobody asked
  /// for anything. Until stopWatching(), or close().
  void watchIdle(std::function<void()> onGone);
  /// False if the connection is of no use any more: closed, or with bytes that nobody asked for.
  bool stopWatching();

 private:
  void tryNext();
  void finishConnect(boost::system::error_code error);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer attemptTimer_;
  OriginEndpoints endpoints_;
  std::size_t nextEndpoint_ = 0;
  std::chrono::steady_clock::time_point deadline_;
  ConnectHandler connectHandler_;
  bool attemptTimedOut_ = false;
  bool closed_ = false;
  std::uint64_t watch_ = 0;  ///< tells a watch that was stopped from the present one
  std::array<char, kReadSize> readBuffer_;
};

}  // namespace skiff
