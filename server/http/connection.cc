#include "server/http/connection.h"

#include <spdlog/spdlog.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory_resource>
#include <utility>

#include "server/http/head_check.h"
#include "server/http/problem.h"

namespace skiff {
namespace {

/// Steps in a row before other connections get their turn.
constexpr int kStepsInTurn = 32;
/// Answers to pipelined requests are sent together up to this size.
constexpr std::size_t kCoalesced = 16 << 10;
/// Bytes that a lingering connection reads and forgets before it is closed.
constexpr std::size_t kLingerBytes = 1 << 20;

}  // namespace

Connection::Connection(ShardState& shard, ClientSocket socket,
                       const boost::asio::ip::tcp::endpoint& peer, LedgerPlace place,
                       TlsServer* tls)
    : ClientConnection(shard, {std::move(socket), peer, std::move(place)}),
      tls_(tls),
      input_(shard.blocks),
      output_(shard.blocks),
      writer_(output_, shard.scratch),
      parser_(shard.limits),
      readDeadline_(*this),
      writeDeadline_(*this),
      phase_(tls != nullptr ? Phase::handshake : Phase::head) {}

void Connection::start() {
  if (!shard_.poller.add(socket_.descriptor(), *this)) {
    spdlog::warn("a connection from {} cannot be served: {}", sourceAddress(),
                 std::strerror(errno));
    close();
  } else if (tls_ != nullptr) {
    shard_.deadlines.arm(readDeadline_, DeadlineKind::handshake);
  }
  settle();
}

// Acting.

void Connection::changed() {
  if (away_) return;  // thaw() is followed by a settle()
  dirty_ = true;
  settleLater();
}

void Connection::release() {
  --depth_;
  settle();
}

void Connection::leaveShard() {
  away_ = true;
  output_.usePool(false);
}

void Connection::thaw() {
  frozen_ = away_ = false;
  output_.usePool(true);
  const Missed missed = std::exchange(missed_, {});
  if (missed.read && reading_) receive();
  if (missed.readDeadline) onDeadline(*missed.readDeadline);
  if (missed.writeDeadline) onDeadline(DeadlineKind::write);
}

void Connection::settle() {
  if (depth_ != 0) {
    dirty_ = true;
    return;
  }
  ++depth_;
  int steps = 0;
  do {
    dirty_ = false;
    try {
      step();
    } catch (const std::exception& error) {
      fallOver(error);
    }
  } while (dirty_ && phase_ != Phase::closed && ++steps < kStepsInTurn);
  --depth_;
  if (dirty_ && phase_ != Phase::closed) changed();
  destroyIfDone();
}

/// A bug outside of what guarded() guards, or no memory: ends the connection, not the shard.
void Connection::fallOver(const std::exception& error) {
  spdlog::error("connection from {} failed: {}", sourceAddress(), error.what());
  if (exchange_) {
    exchange_->breakOff();
    exchange_->loseOutput(output_.pendingSize());
    if (!exchange_->mayBeRetired()) {
      resetSocket();
      return;
    }
    try {
      tellFinished();
    } catch (const std::exception& another) {
      spdlog::error("request {} failed: {}", requestId(), another.what());
    }
    exchange_->clear();
    shard_.giveBack(std::move(exchange_));
  }
  reset();
}

void Connection::destroyIfDone() {
  if (phase_ == Phase::closed && operations_ == 0 && depth_ == 0) shard_.remove(*this);
}

void Connection::step() {
  if (abort_) {
    stepAbort();
    return;
  }
  switch (phase_) {
    case Phase::handshake:
      if (shard_.draining && !mayPartLater()) close();
      break;
    case Phase::head:
      stepHead();
      break;
    case Phase::exchange:
      stepExchange();
      break;
    case Phase::drop:
      stepDrop();
      break;
    case Phase::linger:
      stepLinger();
      break;
    case Phase::closed:
      break;
  }
}

void Connection::stepHead() {
  if (input_.empty()) {
    if (inputEnded_ || (shard_.draining && !mayPartLater())) {
      endConnection();
      return;
    }
    if (!sendOrWait() && outputBroken_) {
      close();
      return;
    }
    if (!shard_.draining && !readDeadline_.isArmed(DeadlineKind::idle)) {
      shard_.deadlines.arm(readDeadline_, DeadlineKind::idle);
    }
    read(InputBuffer::Growth::small);
    return;
  }
  const Preface preface = http2Preface();
  if (preface == Preface::whole) return becomeHttp2();
  // A client that sends requests and takes no answers waits here.
  if (output_.pendingSize() >= kCoalesced && !sendOrWait()) {
    if (outputBroken_) close();
    return;
  }
  if (requestNumber_ == 0) {
    requestNumber_ = shard_.requestIds.next();
    headBegin_ = std::chrono::steady_clock::now();
  }
  // To the parser, the preface is a request that cannot be.
  switch (preface == Preface::partly ? RequestParser::Head::more
                                     : parser_.parseHead(input_.view())) {
    case RequestParser::Head::complete:
      beginExchange();
      return;
    case RequestParser::Head::refused:
      refuse(parser_.refusal());
      return;
    case RequestParser::Head::more:
      break;
  }
  if (inputEnded_) {
    refuse({Reason::clientGone, reasonStatus(Reason::clientGone),
            "the connection ended within a request's head"});
    return;
  }
  if (!sendOrWait() && outputBroken_) {
    close();
    return;
  }
  if (!readDeadline_.isArmed(DeadlineKind::head)) {
    shard_.deadlines.arm(readDeadline_, DeadlineKind::head);
  }
  const bool isLarge = input_.view().size() >= InputBuffer::kSmall;
  read(isLarge ? InputBuffer::Growth::block : InputBuffer::Growth::small);
}

/// While draining: a request may be on its way to us. It is answered, and the answer says that the
/// connection ends; a close would meet it half-way. True: the deadline for it runs.
bool Connection::mayPartLater() {
  if (shard_.limits.partingTimeout.count() == 0) return false;
  if (!readDeadline_.isArmed(DeadlineKind::parting)) {
    shard_.deadlines.arm(readDeadline_, DeadlineKind::parting);
  }
  return true;
}

void Connection::beginExchange() {
  // Usually a head comes in one piece, and the clock need not be asked again.
  const bool waited = readDeadline_.isArmed(DeadlineKind::head);
  readDeadline_.disarm();
  exchange_ = shard_.takeExchange();
  exchange_->begin(*this, headBegin_, waited ? std::chrono::steady_clock::now() : headBegin_);
  RequestHead& head = exchange_->request();
  // One copy, and the input buffer is free for what comes next.
  const std::string_view text = head.headers.copy(input_.view().substr(0, parser_.headSize()));
  RequestFraming framing;
  const Scheme scheme = tls_ == nullptr ? Scheme::http : Scheme::https;
  if (const Refusal refusal = checkHead(parser_, text, scheme, head, framing)) {
    exchange_->clear();
    shard_.giveBack(std::move(exchange_));
    refuse(refusal);
    return;
  }
  input_.consume(parser_.headSize());
  requestBytes_ = parser_.headSize();
  switch (framing.body) {
    case RequestFraming::Body::none:
      parser_.expectNoBody();
      break;
    case RequestFraming::Body::length:
      parser_.expectBody(framing.bodyLength);
      break;
    case RequestFraming::Body::streamed:
      parser_.expectChunks();
      break;
  }
  exchange_->setFraming(framing);
  writer_.begin(framing.version10);
  phase_ = Phase::exchange;
  dirty_ = true;
  handled_ = true;
  guarded([this] { shard_.handler.onRequest(*exchange_); });
}

void Connection::stepExchange() {
  if (abandonment_) {
    if (!exchange_->abandon(abandonment_->reason, abandonment_->status, abandonment_->detail)) {
      return;
    }
    abandonment_.reset();
  }
  if (exchange_->isLive()) {
    if (exchange_->notificationDue()) {
      guarded([this] { exchange_->notify(); });
      dirty_ = true;
      return;
    }
    sendOrWait();
    if (outputBroken_) {
      abandon(Reason::clientGone, reasonStatus(Reason::clientGone), "the client takes nothing");
      return;
    }
    if (std::exchange(outputMoved_, false)) {
      exchange_->onRoomEvent();
      dirty_ = true;
    }
    read(parser_.bodyEnded() ? InputBuffer::Growth::small : InputBuffer::Growth::block);
    watchBody();
    return;
  }
  // Over for the client; what the handler keeps for it may have to stay for a while.
  const bool stays = !exchange_->mayBeRetired();
  if (exchange_->cutsConnection()) {
    exchange_->loseOutput(output_.pendingSize());
    if (stays) {
      resetSocket();
      return;
    }
    retireExchange();
    reset();
    return;
  }
  // With more requests here already, their answers go out together.
  const bool coalesces = !stays && exchange_->keepsConnection() && parser_.bodyEnded() &&
                         !input_.empty() && output_.pendingSize() < kCoalesced;
  if (!coalesces && !sendOrWait()) {
    if (!outputBroken_) return;
    exchange_->loseOutput(output_.pendingSize());
    if (stays) return;
    retireExchange();
    close();
    return;
  }
  if (stays) return;
  const bool keeps = exchange_->keepsConnection();
  retireExchange();
  if (!keeps) {
    endConnection();
  } else if (!parser_.bodyEnded()) {
    phase_ = Phase::drop;
    dropped_ = 0;
  } else {
    beginNextRequest();
  }
  dirty_ = true;
}

void Connection::retireExchange() {
  readDeadline_.disarm();
  if (timerWaits_ != 0) timer_->cancel();
  tellFinished();
  exchange_->clear();
  shard_.giveBack(std::move(exchange_));
  abandonment_.reset();
  outputMoved_ = false;
}

/// Once, even if it throws.
void Connection::tellFinished() {
  if (std::exchange(handled_, false)) shard_.handler.onFinished(*exchange_);
}

void Connection::beginNextRequest() {
  parser_.reset();
  isFirst_ = false;
  requestNumber_ = 0;
  requestBytes_ = 0;
  phase_ = Phase::head;
}

void Connection::stepDrop() {
  std::array<std::byte, 16 << 10> nowhere;
  while (!parser_.bodyEnded() && !parser_.bodyRefusal() && !input_.empty()) {
    const RequestParser::BodyStep step = parser_.readBody(input_.view(), nowhere);
    input_.consume(step.consumed);
    dropped_ += step.consumed;
  }
  if (parser_.bodyEnded()) {
    readDeadline_.disarm();
    beginNextRequest();
    dirty_ = true;
    return;
  }
  if (parser_.bodyRefusal() || dropped_ > HttpLimits::kDrain || inputEnded_ || shard_.draining) {
    endConnection();
    return;
  }
  if (!readDeadline_.isArmed(DeadlineKind::body)) {
    shard_.deadlines.arm(readDeadline_, DeadlineKind::body);
  }
  read(InputBuffer::Growth::small);
}

/// Closes at once if nothing can be lost by it. A close with bytes unread would reset the
/// connection and with it what the client has not read yet of the answer.
void Connection::endConnection() {
  const bool nothingUnread = inputEnded_ || (input_.empty() && parser_.bodyEnded()) ||
                             (phase_ == Phase::head && input_.empty());
  if (nothingUnread && output_.pendingSize() == 0) {
    close();
    return;
  }
  readDeadline_.disarm();
  endAfterLinger();
}

/// Closes once the client has what it is sent, and is done with it.
void Connection::endAfterLinger() {
  phase_ = Phase::linger;
  dropped_ = 0;
  dirty_ = true;
}

void Connection::stepLinger() {
  input_.consume(input_.view().size());
  if (!sendOrWait()) {
    if (outputBroken_) close();
    // A client that sends without reading is not listened to.
    return;
  }
  if (inputEnded_ || dropped_ > kLingerBytes) {
    close();
    return;
  }
  if (!shutDown_) {
    if (!socket_.shutDownSending()) {
      if (outputBroken_) {
        close();
        return;
      }
      if (!writeDeadline_.is_linked()) shard_.deadlines.arm(writeDeadline_, DeadlineKind::write);
      awaitRoom();
      return;
    }
    shutDown_ = true;
    shard_.deadlines.arm(readDeadline_, DeadlineKind::linger);
  }
  read(InputBuffer::Growth::small);
}

void Connection::stepAbort() {
  const Reason reason = *abort_;
  if (phase_ == Phase::exchange) {
    if (!exchange_->abandon(reason, reasonStatus(reason), {})) return;
    if (!exchange_->cutsConnection()) sendPending();
    if (output_.pendingSize() != 0) exchange_->loseOutput(output_.pendingSize());
    if (!exchange_->mayBeRetired()) return;
    const bool cuts = exchange_->cutsConnection();
    retireExchange();
    if (cuts) {
      reset();
      return;
    }
  }
  close();
}

void Connection::abort(Reason reason) {
  abort_ = reason;
  settle();
}

void Connection::abandon(Reason reason, int status, std::string_view detail) {
  if (!abandonment_) abandonment_ = {reason, status, detail};
  changed();
}

void Connection::refuse(const Refusal& refusal) {
  readDeadline_.disarm();
  const bool answers = refusal.reason != Reason::clientGone;
  const std::size_t begin = output_.pendingSize();
  if (answers) {
    std::array<std::byte, 1024> memory;
    std::pmr::monotonic_buffer_resource resource(memory.data(), memory.size());
    ResponseHead head(resource);
    const HeadOnly headOnly = parser_.method() == "HEAD" ? HeadOnly::yes : HeadOnly::no;
    output_.insert(problemMessage(
        head, {refusal.reason, refusal.status, refusal.detail, requestId()}, headOnly, date()));
  }
  const std::string_view input = input_.view();
  RefusedRequest refused;
  refused.reason = refusal.reason;
  refused.status = refusal.status;
  refused.detail = refusal.detail;
  refused.requestId = requestId();
  refused.sourceAddress = sourceAddress();
  refused.serverAddress = serverAddress();
  refused.method = parser_.method();
  refused.target = parser_.target().in(input);
  if (!refused.target.empty()) refused.protocol = "HTTP/1.1";
  refused.bytesReceived = input.size();
  refused.bytesSent = output_.pendingSize() - begin;
  refused.startTime = headBegin_;
  shard_.handler.onRefused(refused);
  input_.consume(input.size());
  endAfterLinger();
}

// What it is called.

std::string_view Connection::requestId() const {
  if (requestIdNumber_ != requestNumber_) {
    requestIdNumber_ = requestNumber_;
    requestIdText_ = shard_.requestIds.text(requestNumber_);
  }
  return {requestIdText_.data(), requestIdText_.size()};
}

// The answer.

std::optional<std::string_view> Connection::makeHead(const ResponseHead& head,
                                                     const ResponsePlan& plan,
                                                     const ServerTiming* timing) {
  return writer_.makeHead(head, plan, date(), timing);
}

std::uint64_t Connection::sendContinue() {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  output_.insert(kContinue);
  return kContinue.size();
}

}  // namespace skiff
