#include "server/http/connection.h"

// What a connection does with its socket and its timers; what it does with requests is in
// connection.cc.

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "server/http/head_check.h"

namespace skiff {

// Input.

void Connection::read(InputBuffer::Growth growth) {
  if (reading_ || inputEnded_ || phase_ == Phase::closed) return;
  const std::span<char> space = input_.prepare(growth);
  if (space.empty()) {
    // Full: the client has to wait, but should not be able to leave unseen.
    if (phase_ == Phase::exchange && !readDeadline_.is_linked()) {
      shard_.deadlines.arm(readDeadline_, DeadlineKind::probe);
    }
    return;
  }
  reading_ = true;
  space_ = space;
  if (readable_) receiveLater();
}

void Connection::onSocketEvents(std::uint32_t events) {
  constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if ((events & (EPOLLIN | kEnd)) != 0) readable_ = true;
  if ((events & kEnd) != 0) hungUp_ = true;
  if (frozen_) {
    missed_.read |= readable_;
    dirty_ = true;
    // It may be the end of this.
    if (reading_ && hungUp_ && socket_.isAtEnd()) exchange_->onClientGone();
    return;
  }
  if (phase_ == Phase::handshake) [[unlikely]] {
    shard_.handshakes.add(*this);
    return;
  }
  RequestHandler& handler = shard_.handler;
  handler.onEventBegin();
  if (reading_ && readable_) receive();
  settle();
  handler.onEventEnd();
}

/// Reads what has arrived. A read that came back short has taken everything.
void Connection::receive() {
  ssize_t got = 0;
  do {
    got = socket_.receive(space_);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    readable_ = socket_.receivingNeedsRoom();
    if (readable_) awaitRoom();
    return;
  }
  reading_ = false;
  if (got <= 0) return takeEnd(got < 0);
  const auto bytes = static_cast<std::size_t>(got);
  readable_ = hungUp_ || socket_.mayHoldMore(bytes, space_.size());
  takeRead(bytes);
}

void Connection::takeRead(std::size_t bytes) {
  ++depth_;
  input_.commit(bytes);
  if (phase_ == Phase::linger) dropped_ += bytes;
  if (phase_ == Phase::exchange) {
    readDeadline_.disarm();
    if (!parser_.bodyEnded()) exchange_->onBodyEvent();
  }
  --depth_;
}

void Connection::takeEnd(bool broken) {
  ++depth_;
  inputEnded_ = true;
  if (broken) outputBroken_ = true;
  if (phase_ == Phase::exchange) {
    readDeadline_.disarm();
    if (exchange_->isLive()) {
      abandon(Reason::clientGone, reasonStatus(Reason::clientGone),
              "the client closed the connection");
    }
  }
  --depth_;
}

BodyRead Connection::readBody(std::span<std::byte> into) {
  if (abandonment_) return {};
  if (parser_.bodyEnded()) return {0, true};
  const RequestParser::BodyStep step = parser_.readBody(input_.view(), into);
  input_.consume(step.consumed);
  requestBytes_ += step.consumed;
  if (const Refusal& refusal = parser_.bodyRefusal()) {
    abandon(refusal.reason, refusal.status, refusal.detail);
    return {step.produced, false};
  }
  if (parser_.bodyEnded()) takeTrailers();
  // There may be room to read again.
  if (step.consumed != 0) changed();
  return {step.produced, parser_.bodyEnded() && !abandonment_};
}

void Connection::takeTrailers() {
  HeaderList& trailers = exchange_->request().trailers;
  for (std::size_t i = 0; i < parser_.trailerCount(); ++i) {
    RequestParser::TrailerView trailer = parser_.trailer(i);
    if (isForbiddenTrailer(trailer.name)) {
      abandon(Reason::badRequest, 400, "a field that must not be a trailer is one");
      return;
    }
    while (trailer.value.ends_with(' ') || trailer.value.ends_with('\t')) {
      trailer.value.remove_suffix(1);
    }
    trailers.add(trailer.name, trailer.value);
  }
}

/// The body's deadline runs while somebody waits for bytes, not while the guest is busy.
void Connection::watchBody() {
  const bool awaited = !bodyReadable() && exchange_->awaitsBody();
  if (!awaited) {
    if (readDeadline_.isArmed(DeadlineKind::body)) readDeadline_.disarm();
  } else if (!readDeadline_.isArmed(DeadlineKind::body)) {
    shard_.deadlines.arm(readDeadline_, DeadlineKind::body);
  }
}

/// Whether the client has ended the connection behind bytes that are not read.
bool Connection::clientHasClosed() {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(socket_.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return true;
  return info.tcpi_state == TCP_CLOSE_WAIT || info.tcpi_state == TCP_CLOSE;
}

// Output.

void Connection::sendPending() {
  if (away_ || phase_ == Phase::closed || outputBroken_) return;
  while (output_.pendingSize() != 0) {
    // Directly: asio's write_some would wait on a socket that it does not know as non-blocking.
    const ssize_t sent = socket_.send(output_.pending().pieces);
    if (sent >= 0) {
      output_.consume(static_cast<std::size_t>(sent));
      outputMoved_ = true;
      writeDeadline_.disarm();
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    outputBroken_ = true;
    changed();
    return;
  }
}

bool Connection::sendOrWait() {
  sendPending();
  if (output_.pendingSize() == 0) return true;
  if (outputBroken_) return false;
  if (!writeDeadline_.is_linked()) shard_.deadlines.arm(writeDeadline_, DeadlineKind::write);
  awaitRoom();
  return false;
}

// Time.

void Connection::wakeAt(std::chrono::steady_clock::time_point when) {
  if (!timer_) timer_.emplace(shard_.context);
  timer_->expires_at(when);
  ++operations_;
  ++timerWaits_;
  timer_->async_wait([this](const boost::system::error_code& error) {
    --operations_;
    --timerWaits_;
    if (phase_ == Phase::closed) {
      destroyIfDone();
      return;
    }
    if (error || phase_ != Phase::exchange) return;
    if (frozen_) {
      exchange_->missNextEvent();
      return;
    }
    exchange_->onTimeEvent();
    settle();
  });
}

void Connection::onDeadline(DeadlineKind kind) {
  if (frozen_) {
    if (kind == DeadlineKind::write) {
      missed_.writeDeadline = true;
    } else {
      missed_.readDeadline = kind;
    }
    return;
  }
  switch (kind) {
    case DeadlineKind::idle:
    case DeadlineKind::linger:
      close();
      break;
    case DeadlineKind::handshake:
      shard_.handler.onHandshake(TlsVersion::none, HandshakeOutcome::timeout);
      close();
      break;
    case DeadlineKind::parting:
      // Not at once: a request that is on its way even now would be answered with a reset.
      if (phase_ == Phase::head) {
        endAfterLinger();
      } else {
        close();
      }
      break;
    case DeadlineKind::head:
      ++depth_;
      refuse({Reason::requestTimeout, reasonStatus(Reason::requestTimeout),
              "the request's head did not arrive in time"});
      --depth_;
      break;
    case DeadlineKind::body:
      if (phase_ == Phase::exchange) {
        ++depth_;
        abandon(Reason::requestTimeout, reasonStatus(Reason::requestTimeout),
                "the request's body did not arrive in time");
        --depth_;
      } else {
        close();
      }
      break;
    case DeadlineKind::write:
      outputBroken_ = true;
      break;
    case DeadlineKind::probe:
      ++depth_;
      if (phase_ == Phase::exchange && exchange_->isLive() && clientHasClosed()) {
        abandon(Reason::clientGone, reasonStatus(Reason::clientGone),
                "the client closed the connection");
      }
      --depth_;
      break;
  }
  settle();
}

void Connection::close() {
  phase_ = Phase::closed;
  readDeadline_.disarm();
  writeDeadline_.disarm();
  output_.clear();
  if (timer_) timer_->cancel();
  closeSocket();
}

void Connection::reset() {
  resetSocket();
  close();
}

}  // namespace skiff
