#include "server/http2/http2_stream.h"

#include <array>
#include <memory_resource>
#include <utility>

#include "server/http/problem.h"
#include "server/http2/http2_connection.h"

namespace skiff {

Http2Stream::Http2Stream(Http2Connection& connection, std::int32_t id)
    : connection_(connection),
      id_(id),
      output_(connection.shard().blocks),
      bodyDeadline_(*this),
      writeDeadline_(*this),
      headBegin_(connection.receivedAt()),
      requestNumber_(connection.shard().requestIds.next()) {}

Http2Stream::~Http2Stream() {
  if (connection_.fieldsOf(*this) != nullptr) connection_.fieldsFor(nullptr);
  dropOutput();
}

// What comes.

void Http2Stream::takeHead(const FieldBlock& block, bool ended) {
  requestEnded_ = ended;
  headBytes_ = block.text().size();
  if (block.refusal()) return refuse(block.refusal(), block);
  ShardState& shard = connection_.shard();
  exchange_ = shard.takeExchange();
  exchange_->begin(*this, headBegin_, connection_.receivedAt());
  RequestHead& head = exchange_->request();
  const std::string_view text = head.headers.copy(block.text());
  Http2Head parts = block.headIn(text, connection_.fieldViews());
  parts.ended = ended;
  RequestFraming framing;
  if (const Refusal refusal = checkHead(parts, connection_.scheme(), head, framing)) {
    exchange_->clear();
    shard.giveBack(std::move(exchange_));
    return refuse(refusal, block);
  }
  body_.expect(framing);
  exchange_->setFraming(framing);
  phase_ = Phase::fresh;
  connection_.touch(*this);
}

void Http2Stream::takeBody(std::span<const std::byte> bytes) {
  if (phase_ != Phase::fresh && phase_ != Phase::exchange) {
    connection_.session().consumeConnection(bytes.size());
    return;
  }
  body_.receive(bytes);
  bodyDeadline_.disarm();
  bodyMoved_ = true;
  connection_.touch(*this);
}

void Http2Stream::endBody() {
  requestEnded_ = true;
  body_.end();
  bodyDeadline_.disarm();
  bodyMoved_ = true;
  connection_.touch(*this);
}

void Http2Stream::takeTrailers(const FieldBlock& block) {
  if (block.refusal()) {
    noteAbandonment({block.refusal().reason, block.refusal().status, block.refusal().detail});
  } else if (phase_ == Phase::fresh || phase_ == Phase::exchange) {
    auto trailers = std::make_unique<Trailers>();
    trailers->text = block.text();
    block.headIn(trailers->text, trailers->fields);
    // Nobody looks at them before the end has been read.
    requestTrailers_ = std::move(trailers);
  }
  endBody();
}

void Http2Stream::noteMalformed(const FieldBlock& block) {
  if (phase_ != Phase::head) return;
  const Http2Head parts = block.headIn(block.text(), connection_.fieldViews());
  refusedMethod_ = parts.method;
  refusedTarget_ = parts.path;
  headBytes_ = block.text().size();
  refusal_ = {Reason::badRequest, 400, "the request's fields break the rules of HTTP/2"};
  requestEnded_ = true;
  phase_ = Phase::refused;
  connection_.touch(*this);
}

void Http2Stream::noteClosed() {
  if (resetByClient_) {
    noteClosed(Reason::clientGone, "the client has taken the request back");
  } else {
    noteClosed(Reason::badRequest, "the request breaks the rules of HTTP/2");
  }
}

void Http2Stream::noteClosed(Reason reason, std::string_view detail) {
  isClosed_ = true;
  if (phase_ == Phase::exchange && !given_) {
    missed_.gone = frozen_;
    noteAbandonment({reason, reasonStatus(reason), detail});
  } else if (phase_ == Phase::fresh) {
    refusal_ = {reason, reasonStatus(reason), detail};
  }
  connection_.touch(*this);
}

void Http2Stream::noteAbort(Reason reason) {
  if (phase_ == Phase::exchange) noteAbandonment({reason, reasonStatus(reason), {}});
  connection_.touch(*this);
}

void Http2Stream::noteAbandonment(const Abandonment& abandonment) {
  std::optional<Abandonment>& noted = frozen_ ? missed_.abandonment : abandonment_;
  if (!noted) noted = abandonment;
}

void Http2Stream::abandon(Reason reason, int status, std::string_view detail) {
  // From the guest's thread as well, while nobody else looks at it.
  if (!abandonment_) abandonment_ = {reason, status, detail};
  changed();
}

// Acting.

void Http2Stream::changed() {
  if (!away_) connection_.touchLater(*this);
}

void Http2Stream::step() {
  if (frozen_ && missed_.gone && !std::exchange(toldGone_, true)) exchange_->onClientGone();
  if (holds_ != 0) return;
  switch (phase_) {
    case Phase::head:
      if (isClosed_) phase_ = Phase::over;
      break;
    case Phase::fresh:
      begin();
      break;
    case Phase::exchange:
      giveWindowBack();
      stepExchange();
      break;
    case Phase::refused:
      tellRefused();
      if (given_ || isClosed_) {
        phase_ = Phase::over;
        endRequest();
      } else {
        watchOutput();
      }
      break;
    case Phase::over:
      break;
  }
}

/// A request that was taken back before anybody has looked at it costs no more than its head.
void Http2Stream::begin() {
  if (isClosed_) {
    const RequestHead& head = exchange_->request();
    refusedMethod_ = head.method;
    refusedTarget_ = head.target;
    exchange_->clear();
    connection_.shard().giveBack(std::move(exchange_));
    phase_ = Phase::refused;
  } else {
    phase_ = Phase::exchange;
    handled_ = true;
    guarded([this] { connection_.shard().handler.onRequest(*exchange_); });
  }
  connection_.touch(*this);
}

void Http2Stream::stepExchange() {
  if (abandonment_) {
    if (!exchange_->abandon(abandonment_->reason, abandonment_->status, abandonment_->detail)) {
      return;
    }
    abandonment_.reset();
  }
  if (!exchange_->isLive()) return stepOver();
  if (std::exchange(bodyMoved_, false)) exchange_->onBodyEvent();
  if (std::exchange(outputMoved_, false)) exchange_->onRoomEvent();
  if (exchange_->notificationDue()) {
    guarded([this] { exchange_->notify(); });
    connection_.touch(*this);
    return;
  }
  watchBody();
  watchOutput();
}

/// Over for the client; what the handler keeps for it may have to stay for a while.
void Http2Stream::stepOver() {
  const bool stays = !exchange_->mayBeRetired();
  bodyDeadline_.disarm();
  if (exchange_->cutsConnection()) {
    // Only the stream: the client cannot take the answer for complete.
    loseAnswer();
    resetStream(exchange_->reason() == Reason::clientGone ? Http2Error::cancel
                                                          : Http2Error::internal);
  } else if (!given_ && !isClosed_) {
    return watchOutput();
  } else if (!given_) {
    loseAnswer();
  }
  if (!stays) retire();
}

void Http2Stream::retire() {
  if (timerWaits_ != 0) timer_->cancel();
  tellFinished();
  exchange_->clear();
  connection_.shard().giveBack(std::move(exchange_));
  abandonment_.reset();
  phase_ = Phase::over;
  endRequest();
}

/// Once, even if it throws.
void Http2Stream::tellFinished() {
  if (std::exchange(handled_, false)) connection_.shard().handler.onFinished(*exchange_);
}

/// The client need not go on sending what nobody reads (RFC 9113, 8.1).
void Http2Stream::endRequest() {
  bodyDeadline_.disarm();
  writeDeadline_.disarm();
  if (!requestEnded_) resetStream(Http2Error::none);
  connection_.session().consumeConnection(body_.takeRead() + body_.drop());
}

void Http2Stream::resetStream(Http2Error error) {
  if (isClosed_ || std::exchange(isReset_, true)) return;
  connection_.session().reset(id_, error);
}

void Http2Stream::breakOff() {
  isClosed_ = true;
  if (!exchange_) {
    if (phase_ != Phase::refused) phase_ = Phase::over;
    return;
  }
  exchange_->breakOff();
  loseAnswer();
  if (phase_ == Phase::fresh) phase_ = Phase::exchange;
  abandonment_.reset();
  connection_.touch(*this);
}

// Requests without an exchange.

void Http2Stream::refuse(const Refusal& refusal, const FieldBlock& block) {
  const Http2Head parts = block.headIn(block.text(), connection_.fieldViews());
  refusedMethod_ = parts.method;
  refusedTarget_ = parts.path;
  refusal_ = refusal;
  phase_ = Phase::refused;
  connection_.touch(*this);

  std::array<std::byte, 1024> memory;
  std::pmr::monotonic_buffer_resource resource(memory.data(), memory.size());
  ResponseHead head(resource);
  const Problem problem{refusal.reason, refusal.status, refusal.detail, requestId()};
  fillProblemHead(head, problem);
  std::string body = problemBody(problem);
  ResponseContext context;
  context.headOnly = refusedMethod_ == "HEAD";
  context.bodySize = body.size();
  const ResponsePlan plan = planResponse(head, context);
  makeHead(head, plan, nullptr);
  refusalBytes_ = plan.framing == ResponseFraming::none
                      ? release({plan.framing, true, head.trailers, nullptr})
                      : releaseLarge(std::move(body));
}

void Http2Stream::tellRefused() {
  if (!refusal_) return;
  const Refusal refusal = *std::exchange(refusal_, std::nullopt);
  RefusedRequest refused;
  refused.reason = refusal.reason;
  refused.status = refusal.status;
  refused.detail = refusal.detail;
  refused.requestId = requestId();
  refused.sourceAddress = sourceAddress();
  refused.serverAddress = serverAddress();
  refused.method = refusedMethod_;
  refused.target = refusedTarget_;
  refused.protocol = "HTTP/2.0";
  refused.bytesReceived = headBytes_;
  refused.bytesSent = refusalBytes_;
  refused.startTime = headBegin_;
  connection_.shard().handler.onRefused(refused);
}

// The request's body.

BodyRead Http2Stream::readBody(std::span<std::byte> into) {
  if (abandonment_) return {};
  const BodyRead read = body_.read(into);
  if (body_.exceedsLimit()) {
    abandon(Reason::bodyTooLarge, 413, "the request's body is too large");
    return {read.size, false};
  }
  if (read.end && requestTrailers_) {
    const auto trailers = std::move(requestTrailers_);
    for (const Header& field : trailers->fields) {
      if (isForbiddenTrailer(field.name)) {
        abandon(Reason::badRequest, 400, "a field that must not be a trailer is one");
        return {read.size, false};
      }
      exchange_->request().trailers.add(field.name, trimBlanks(field.value));
    }
  }
  if (read.size != 0) changed();
  return read;
}

void Http2Stream::giveWindowBack() {
  const std::size_t bytes = body_.takeRead();
  if (bytes == 0) return;
  if (isClosed_) {
    connection_.session().consumeConnection(bytes);
  } else {
    connection_.session().consume(id_, bytes);
  }
}

void Http2Stream::watchBody() {
  const bool awaited = !bodyReadable() && exchange_->awaitsBody();
  if (!awaited) {
    bodyDeadline_.disarm();
  } else if (!bodyDeadline_.is_linked()) {
    connection_.shard().deadlines.arm(bodyDeadline_, DeadlineKind::body);
  }
}

// The guest's running.

void Http2Stream::release() {
  --holds_;
  connection_.touchLater(*this);
}

void Http2Stream::freeze() {
  frozen_ = true;
  body_.setAway(true);
}

void Http2Stream::leaveShard() {
  away_ = true;
  output_.usePool(false);
}

void Http2Stream::thaw() {
  frozen_ = away_ = toldGone_ = false;
  output_.usePool(true);
  body_.setAway(false);
  const Missed missed = std::exchange(missed_, {});
  if (missed.abandonment) noteAbandonment(*missed.abandonment);
  if (missed.writeDeadline) onDeadline(DeadlineKind::write);
  if (isDeferred_ && !isClosed_ && !isReset_ && output_.pendingSize() != 0) {
    isDeferred_ = false;
    connection_.session().resume(id_);
  }
  connection_.touchLater(*this);
}

// Time.

void Http2Stream::wakeAt(std::chrono::steady_clock::time_point when) {
  if (!timer_) timer_.emplace(connection_.shard().context);
  timer_->expires_at(when);
  ++timerWaits_;
  connection_.beginOperation();
  timer_->async_wait([this](const boost::system::error_code& error) {
    --timerWaits_;
    Http2Connection& connection = connection_;
    if (exchange_ && !error && frozen_) {
      exchange_->missNextEvent();
    } else if (exchange_ && !error) {
      exchange_->onTimeEvent();
    }
    connection.touchLater(*this);
    connection.endOperation();
  });
}

void Http2Stream::onDeadline(DeadlineKind kind) {
  if (kind == DeadlineKind::body) {
    noteAbandonment({Reason::requestTimeout, reasonStatus(Reason::requestTimeout),
                     "the request's body did not arrive in time"});
  } else if (frozen_) {
    missed_.writeDeadline = true;
    return;
  } else if (exchange_ && exchange_->isLive()) {
    noteAbandonment(
        {Reason::clientGone, reasonStatus(Reason::clientGone), "the client takes nothing"});
  } else {
    loseAnswer();
    resetStream(Http2Error::cancel);
    given_ = true;
  }
  connection_.touchLater(*this);
}

// What it is called.

std::string_view Http2Stream::sourceAddress() const {
  return connection_.sourceText();
}
std::string_view Http2Stream::serverAddress() const {
  return connection_.serverText();
}
std::string_view Http2Stream::tlsVersion() const {
  return tlsVersionWord(connection_.tlsVersion());
}
const Certificate* Http2Stream::certificate() const {
  return connection_.shownCertificate();
}

std::string_view Http2Stream::requestId() const {
  if (!std::exchange(hasRequestId_, true)) {
    requestIdText_ = connection_.shard().requestIds.text(requestNumber_);
  }
  return {requestIdText_.data(), requestIdText_.size()};
}

}  // namespace skiff
