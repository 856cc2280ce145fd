#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/result.h"
#include "server/origin/origin_address.h"
#include "server/origin/origin_connection.h"
#include "server/origin/origin_connector.h"

namespace skiff {

/// What the calls of one connector share: the kept connections, the origin's resolved addresses and
/// the counts. Held by the connector and by each call, so that either may end first. One thread,
/// except counts().
class OriginPool : public std::enable_shared_from_this<OriginPool> {
 public:
  using ResolveHandler = std::function<void(const Result<OriginEndpoints>&)>;

  OriginPool(boost::asio::io_context& context, OriginAddress address, OriginOptions options);

  boost::asio::io_context& context() { return context_; }
  const OriginAddress& address() const { return address_; }
  const OriginOptions& options() const { return options_; }

  /// The most recently used connection that is still open, or null.
  std::shared_ptr<OriginConnection> takeIdle();
  std::shared_ptr<OriginConnection> makeConnection();
  /// Keeps a connection for the next call, or closes it if there are enough. REQUIRES: nothing is
  /// under way on it.
  void giveBack(std::shared_ptr<OriginConnection> connection);
  void discard(OriginConnection& connection);

  /// The handler is called once: at once if the addresses are known, else from the loop.
  void resolve(ResolveHandler handler);
  /// Connecting failed: the addresses may have changed.
  void forgetAddresses();

  void countFailure() { failed_.fetch_add(1, std::memory_order_relaxed); }
  OriginCounts counts() const;

  /// Closes the idle connections and keeps no more from now on.
  void shutDown();

 private:
  struct Idle {
    std::shared_ptr<OriginConnection> connection;
    std::chrono::steady_clock::time_point since;
  };

  void removeIdle(const OriginConnection& connection);
  void closeExpired();
  void startTimer();
  void finishResolve(const Result<OriginEndpoints>& result);
  void setIdleCount() { idleCount_.store(idle_.size(), std::memory_order_relaxed); }

  boost::asio::io_context& context_;
  const OriginAddress address_;
  const OriginOptions options_;
  const bool mayBePrivate_;  ///< what the name leads to

  std::deque<Idle> idle_;  ///< the longest unused first
  boost::asio::steady_timer idleTimer_;
  bool timerRuns_ = false;
  bool shutDown_ = false;

  boost::asio::ip::tcp::resolver resolver_;
  OriginEndpoints endpoints_;
  std::chrono::steady_clock::time_point endpointsUntil_{};
  std::vector<ResolveHandler> resolveWaiters_;

  std::atomic<std::uint64_t> open_{0};
  std::atomic<std::uint64_t> idleCount_{0};
  std::atomic<std::uint64_t> opened_{0};
  std::atomic<std::uint64_t> reused_{0};
  std::atomic<std::uint64_t> failed_{0};
};

}  // namespace skiff
