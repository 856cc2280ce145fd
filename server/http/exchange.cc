#include "server/http/exchange.h"

#include <algorithm>
#include <cassert>

#include "quota/quotas.h"
#include "server/http/exchange_transport.h"
#include "server/http/head_check.h"
#include "server/http/next_forward.h"
#include "server/http/output_buffer.h"
#include "server/http/problem.h"
#include "server/http/server_timing.h"

namespace skiff {
HttpExchange::HttpExchange() : memory_(inlineMemory_.data(), inlineMemory_.size()) {}

HttpExchange::~HttpExchange() {
  clear();
}

void HttpExchange::begin(ExchangeTransport& transport, std::chrono::steady_clock::time_point start,
                         std::chrono::steady_clock::time_point arrival) {
  transport_ = &transport;
  message_.emplace(memory_);
  startTime_ = start;
  arrivalTime_ = arrival;
  origin_ = nullptr;
  quota_ = nullptr;
  timing_ = nullptr;
  pausedUntil_.reset();
  matchedRoute_ = detail_ = {};
  bodyLength_ = 0;
  bodyRemaining_ = swallowedBytes_ = written_ = released_ = lost_ = 0;
  status_ = 0;
  retryAfter_ = 0;
  reason_ = Reason::none;
  state_ = State::open;
  framing_ = ResponseFraming::none;
  waits_ = kWaitNothing;
  due_ = committed_ = held_ = exceeded_ = headOnly_ = version10_ = expectsContinue_ = false;
  wantsKeepAlive_ = keepsConnection_ = cutsConnection_ = false;
  away_ = frozen_ = missedNext_ = false;
  missedSignals_ = 0;
}

void HttpExchange::setFraming(const RequestFraming& framing) {
  headOnly_ = message_->request.method == "HEAD";
  version10_ = framing.version10;
  wantsKeepAlive_ = framing.keepAlive;
  expectsContinue_ = framing.expectsContinue;
  if (framing.body == RequestFraming::Body::streamed) {
    bodyLength_ = std::nullopt;
  } else {
    bodyLength_ = framing.bodyLength;
  }
}

void HttpExchange::clear() {
  // The attachment may refer to everything else.
  if (attachment_ != nullptr) attachment_->~Attachment();
  attachment_ = nullptr;
  listener_ = nullptr;
  next_.reset();
  message_.reset();
  memory_.release();
}

void HttpExchange::startTiming() {
  static_assert(std::is_trivially_destructible_v<ServerTiming>);
  timing_ = new (memory().allocate(sizeof(ServerTiming), alignof(ServerTiming)))
      ServerTiming(std::chrono::steady_clock::now() - arrivalTime_);
}

void HttpExchange::setMatchedRoute(std::string_view route) {
  matchedRoute_ = message_->request.headers.copy(route);
}

std::string_view HttpExchange::sourceAddress() const {
  return transport_->sourceAddress();
}
std::string_view HttpExchange::serverAddress() const {
  return transport_->serverAddress();
}
std::string_view HttpExchange::requestId() const {
  return transport_->requestId();
}
std::string_view HttpExchange::tlsVersion() const {
  return transport_->tlsVersion();
}
const Certificate* HttpExchange::certificate() const {
  return transport_->certificate();
}

int HttpExchange::statusSent() const {
  return status_ != 0 ? status_ : reasonStatus(reason_);
}

std::uint64_t HttpExchange::bytesReceived() const {
  return transport_->requestBytes();
}

std::uint64_t HttpExchange::bytesSent() const {
  return released_ - std::min(released_, lost_);
}

void HttpExchange::loseOutput(std::size_t bytes) {
  lost_ = bytes;
  if (reason_ == Reason::none) reason_ = Reason::clientGone;
}

// The request's body.

bool HttpExchange::setRequestBodyLimit(std::uint64_t bytes) {
  if (!isLive()) return false;
  transport_->setBodyLimit(bytes);
  if (!bodyLength_ || *bodyLength_ <= bytes) return true;
  fail(Reason::bodyTooLarge, "the announced length is above the app's limit");
  return false;
}

BodyRead HttpExchange::readRequestBody(std::span<std::byte> into) {
  if (!isLive()) return {};
  holdBodyToLimit();
  const BodyRead read = transport_->readBody(into);
  if (read.wouldBlock()) askForBody();
  return read;
}

std::optional<std::uint64_t> HttpExchange::requestBodyLength() const {
  return bodyLength_;
}

/// By the limit as it is at this moment.
void HttpExchange::holdBodyToLimit() {
  if (quota_ == nullptr) return;
  const std::uint64_t limit = quota_->limits.requestBody().bytes();
  transport_->setBodyLimit(limit);
  if (away_ || transport_->bodyEnded() || transport_->bodyAnnounced() <= limit) return;
  transport_->abandon(Reason::bodyTooLarge, reasonStatus(Reason::bodyTooLarge),
                      "the body is above the app's limit");
}

/// A client that expects 100 is told to go on once its body is really wanted (RFC 9110, 10.1.1).
void HttpExchange::askForBody() {
  if (away_ || !expectsContinue_ || committed_ || transport_->bodyReadable()) return;
  expectsContinue_ = false;
  released_ += transport_->sendContinue();
  changed();
}

// The origin.

void HttpExchange::startNext(NextRequest request) {
  if (state_ != State::open) return;
  assert(next_ == nullptr && !away_);
  next_ = std::make_unique<NextForward>(*this, std::move(request));
  next_->start(origin_);
}

NextState HttpExchange::nextState() const {
  return next_ ? next_->state() : NextState::none;
}

std::string_view HttpExchange::nextError() const {
  return next_ ? next_->error() : std::string_view();
}

std::string_view HttpExchange::nextBody() const {
  return next_ ? next_->body() : std::string_view();
}

void HttpExchange::finishWithNext() {
  if (state_ != State::open) return;
  assert(nextState() == NextState::ready);
  transport_->output().dropHeld();
  swallowedBytes_ = written_ = 0;
  state_ = State::relaying;
  next_->relay();
}

/// A guest that writes a body of its own does not mean the length of the origin's.
void HttpExchange::forgetOriginLength() {
  if (next_ && !committed_) next_->dropLength();
}

// Waiting.

bool HttpExchange::waitIsOver() const {
  if ((waits_ & kWaitRequestBody) != 0 && transport_->bodyReadable()) return true;
  if ((waits_ & kWaitResponseRoom) != 0 && transport_->output().room() != 0) return true;
  if ((waits_ & kWaitNext) != 0 && nextState() != NextState::pending) return true;
  return (waits_ & kWaitTime) != 0 && std::chrono::steady_clock::now() >= until_;
}

void HttpExchange::waitFor(std::uint8_t what, std::chrono::steady_clock::time_point until) {
  if (state_ != State::open) return;
  waits_ = what;
  until_ = until;
  if (away_) return;  // thaw() goes on
  due_ = waitIsOver();
  if (!due_) {
    if ((what & kWaitRequestBody) != 0) askForBody();
    if ((what & kWaitTime) != 0) wakeInTime();
  }
  changed();
}

void HttpExchange::signal(std::uint8_t what) {
  if (frozen_) {
    missedSignals_ |= what;
    return;
  }
  if (state_ != State::open || (waits_ & what) == 0) return;
  due_ = true;
  changed();
}

void HttpExchange::changed() {
  if (!away_) transport_->changed();
}

// The guest's running.

void HttpExchange::beginWork() {
  transport_->hold();
}

void HttpExchange::endWork() {
  transport_->release();
}

void HttpExchange::freeze() {
  frozen_ = true;
  transport_->freeze();
}

void HttpExchange::leaveShard() {
  away_ = true;
  transport_->leaveShard();
}

void HttpExchange::thaw() {
  away_ = frozen_ = false;
  transport_->thaw();
  if (exceeded_ && isLive()) endTooLong();
  if (isLive()) holdBodyToLimit();
  if (std::exchange(missedNext_, false) && next_) next_->pump();
  const std::uint8_t signals = std::exchange(missedSignals_, std::uint8_t{0});
  waitFor(waits_, until_);
  if ((waits_ & signals) != 0) due_ = true;
}

void HttpExchange::notify() {
  due_ = false;
  listener_->onReady();
}

bool HttpExchange::awaitsBody() const {
  if (state_ == State::open && (waits_ & kWaitRequestBody) != 0) return true;
  return isLive() && next_ != nullptr && next_->awaitsBody();
}

void HttpExchange::onBodyEvent() {
  if (!isLive()) return;
  expectsContinue_ = false;
  if (next_) next_->pump();
  if ((waits_ & kWaitRequestBody) != 0) due_ = true;
}

void HttpExchange::onRoomEvent() {
  if (!isLive()) return;
  if (next_) next_->pump();
  // Not for every few bytes: half of the buffer is worth a wake-up.
  if ((waits_ & kWaitResponseRoom) != 0 &&
      transport_->output().room() >= OutputBuffer::kCapacity / 2) {
    due_ = true;
  }
}

bool HttpExchange::pauseIo() {
  if (quota_ == nullptr) return false;
  const std::chrono::nanoseconds pause = quota_->ioWait();
  if (pause.count() == 0) return false;
  pausedUntil_ = std::chrono::steady_clock::now() + pause;
  wakeInTime();
  return true;
}

void HttpExchange::countIo(std::size_t bytes, std::size_t operations) {
  if (quota_ != nullptr) quota_->chargeIo(bytes, operations);
}

void HttpExchange::wakeInTime() {
  const bool waits = state_ == State::open && (waits_ & kWaitTime) != 0 && !due_;
  if (pausedUntil_ && waits) {
    transport_->wakeAt(std::min(*pausedUntil_, until_));
  } else if (pausedUntil_ || waits) {
    transport_->wakeAt(pausedUntil_ ? *pausedUntil_ : until_);
  }
}

void HttpExchange::onLimitsChanged() {
  if (isLive() && !frozen_) holdBodyToLimit();
  if (pausedUntil_ && !frozen_) {
    pausedUntil_.reset();
    if (next_) next_->pump();
    changed();
  }
  signal(kWaitTime);
}

void HttpExchange::onTimeEvent() {
  if (pausedUntil_ && std::chrono::steady_clock::now() >= *pausedUntil_) {
    pausedUntil_.reset();
    if (next_) next_->pump();
  }
  if (state_ == State::open && (waits_ & kWaitTime) != 0 &&
      std::chrono::steady_clock::now() >= until_) {
    due_ = true;
  }
  wakeInTime();
}

void HttpExchange::onNextEvent() {
  if (state_ == State::open && (waits_ & kWaitNext) != 0) due_ = true;
  changed();
}

bool HttpExchange::abandon(Reason reason, int status, std::string_view detail) {
  if (!isLive()) return true;
  ExchangeListener* const listener = state_ == State::open ? listener_ : nullptr;
  if (listener != nullptr && !listener->mayBeAbandoned()) return false;
  listener_ = nullptr;
  // Whatever the listener does, it does to a dead exchange.
  state_ = State::dead;
  wantsKeepAlive_ = false;
  if (listener != nullptr) listener->onAbandoned(reason);
  if (reason != Reason::clientGone && !committed_) {
    answerProblem(reason, status, detail);
  } else {
    cut(reason, detail);
  }
  return true;
}

}  // namespace skiff
