#include "server/origin/origin_connection.h"

#include <sys/socket.h>

#include <cassert>
#include <cerrno>
#include <utility>

namespace skiff {

namespace asio = boost::asio;
using boost::system::error_code;

OriginConnection::OriginConnection(asio::io_context& context)
    : socket_(context), attemptTimer_(context) {}

void OriginConnection::connect(OriginEndpoints endpoints,
                               std::chrono::steady_clock::time_point deadline,
                               ConnectHandler handler) {
  assert(!connectHandler_ && !endpoints.empty());
  endpoints_ = std::move(endpoints);
  deadline_ = deadline;
  connectHandler_ = std::move(handler);
  tryNext();
}

void OriginConnection::tryNext() {
  const auto remaining = deadline_ - std::chrono::steady_clock::now();
  const auto share = remaining / static_cast<int>(endpoints_.size() - nextEndpoint_);
  const auto endpoint = endpoints_[nextEndpoint_++];
  attemptTimedOut_ = false;

  error_code ignored;
  socket_.close(ignored);
  attemptTimer_.expires_after(share);
  attemptTimer_.async_wait([self = shared_from_this(), attempt = nextEndpoint_](error_code error) {
    if (error || self->nextEndpoint_ != attempt || !self->connectHandler_) return;
    self->attemptTimedOut_ = true;
    error_code unused;
    self->socket_.close(unused);  // async_connect then ends with operation_aborted
  });
  socket_.async_connect(endpoint, [self = shared_from_this()](error_code error) {
    if (self->closed_) return;
    if (self->attemptTimedOut_) error = asio::error::timed_out;
    const bool last = self->nextEndpoint_ == self->endpoints_.size();
    if (!error || last) {
      self->finishConnect(error);
    } else {
      self->tryNext();
    }
  });
}

void OriginConnection::finishConnect(error_code error) {
  attemptTimer_.cancel();
  if (!error) {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, error);
  }
  // The handler's captures may hold this connection: let go of them.
  const ConnectHandler handler = std::exchange(connectHandler_, nullptr);
  handler(error);
}

void OriginConnection::close() {
  closed_ = true;
  ++watch_;
  connectHandler_ = nullptr;
  attemptTimer_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

void OriginConnection::watchIdle(std::function<void()> onGone) {
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this(), watch = ++watch_,
                                                        onGone = std::move(onGone)](error_code) {
    if (self->watch_ == watch) onGone();
  });
}

bool OriginConnection::stopWatching() {
  ++watch_;
  error_code ignored;
  socket_.cancel(ignored);
  // The loop may not have seen yet what has happened.
  char byte = 0;
  const ssize_t size = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace skiff
