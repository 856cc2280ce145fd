// How an exchange is answered.

#include <algorithm>
#include <cassert>
#include <exception>

#include "quota/quotas.h"
#include "server/http/exchange.h"
#include "server/http/exchange_transport.h"
#include "server/http/http_limits.h"
#include "server/http/output_buffer.h"
#include "server/http/problem.h"
#include "server/http/response_head.h"
#include "server/http/server_timing.h"

namespace skiff {
namespace {

/// Bodies up to this size are copied behind their head and sent with it in one piece.
constexpr std::size_t kCopiedBody = 16 << 10;

std::span<const std::byte> bytesOf(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

void HttpExchange::fail(Reason reason, std::string_view detail,
                        std::span<const std::string> stack) {
  assert(reason != Reason::none);
  if (state_ == State::open) end(reason, detail, stack);
}

void HttpExchange::failUnexpectedly() {
  if (!isLive()) return;
  try {
    constexpr std::string_view kDetail = "the server failed to handle this request";
    if (committed_) {
      cut(Reason::overloaded, kDetail);
    } else {
      answerProblem(Reason::overloaded, 500, kDetail);
    }
  } catch (const std::exception&) {
    breakOff();
    changed();
  }
}

void HttpExchange::breakOff() noexcept {
  listener_ = nullptr;
  if (reason_ == Reason::none) reason_ = Reason::overloaded;
  state_ = State::finished;
  cutsConnection_ = true;
}

void HttpExchange::expire(Reason reason) {
  if (state_ == State::relaying) {
    cut(reason, {});
  } else {
    fail(reason);
  }
}

void HttpExchange::end(Reason reason, std::string_view detail, std::span<const std::string> stack) {
  if (committed_) {
    cut(reason, detail);
  } else {
    answerProblem(reason, reasonStatus(reason), detail, stack);
  }
}

void HttpExchange::cut(Reason reason, std::string_view detail) {
  reason_ = reason;
  detail_ = message_->request.headers.copy(detail);
  state_ = State::finished;
  cutsConnection_ = true;
  changed();
}

void HttpExchange::answerProblem(Reason reason, int status, std::string_view detail,
                                 std::span<const std::string> stack) {
  reason_ = reason;
  detail_ = message_->request.headers.copy(detail);
  state_ = State::relaying;  // the guest's part is over
  const Problem problem{reason, status, detail_, requestId(), stack, retryAfter_};
  fillProblemHead(message_->response, problem);
  const std::string body = problemBody(problem);
  OutputBuffer& output = transport_->output();
  output.dropHeld();
  swallowedBytes_ = 0;
  if (!commitHead(body.size())) return;
  if (headOnly_ || output.hold(bytesOf(body)) == body.size()) {
    releaseHeld(true);
  } else {
    output.dropHeld();
    released_ += transport_->releaseLarge(body);
  }
  state_ = State::finished;
  changed();
}

bool HttpExchange::commitHead(std::optional<std::uint64_t> bodySize) {
  bool keepAlive = wantsKeepAlive_ && !transport_->draining();
  // It may or may not send its body after this: only a new connection is unambiguous.
  if (expectsContinue_ && !transport_->bodyReadable()) keepAlive = false;
  // Nobody will read the rest of the body, and it is too much to drop.
  if (bodySize && transport_->bodyRemaining() > HttpLimits::kDrain) keepAlive = false;

  const ResponseContext context{headOnly_, version10_, keepAlive, bodySize};
  const ResponsePlan plan = planResponse(message_->response, context);
  if (const auto fault = transport_->makeHead(message_->response, plan, timing_)) {
    if (reason_ == Reason::badResponse) {
      // A problem's own head can always be sent.
      assert(false);
      cut(Reason::badResponse, *fault);
      return false;
    }
    answerProblem(Reason::badResponse, reasonStatus(Reason::badResponse), *fault);
    return false;
  }
  framing_ = plan.framing;
  keepsConnection_ = plan.keepAlive;
  bodyRemaining_ = plan.contentLength.value_or(0);
  status_ = message_->response.status;
  committed_ = true;
  return true;
}

/// Has what is held sent, behind the head if that was not sent yet.
void HttpExchange::releaseHeld(bool last) {
  OutputBuffer& output = transport_->output();
  if (framing_ == ResponseFraming::none) output.dropHeld();
  if (framing_ == ResponseFraming::length) bodyRemaining_ -= output.heldSize();
  released_ += transport_->release({framing_, last, message_->response.trailers, timing_});
}

std::size_t HttpExchange::writeResponseBody(std::span<const std::byte> bytes) {
  if (state_ != State::open) return 0;
  forgetOriginLength();
  return writeBody(bytes);
}

void HttpExchange::endTooLong() {
  end(Reason::badResponse, "the body is longer than the app's response_body");
}

bool HttpExchange::exceedsLimit(std::size_t bytes) {
  if (quota_ == nullptr) return false;
  const std::uint64_t limit = quota_->limits.responseBody().bytes();
  if (written_ <= limit && bytes <= limit - written_) return false;
  exceeded_ = true;
  if (!away_) endTooLong();
  return true;
}

std::size_t HttpExchange::writeBody(std::span<const std::byte> bytes) {
  if (exceeded_ || exceedsLimit(bytes.size())) return bytes.size();
  const std::size_t taken = holdBody(bytes);
  written_ += taken;
  return taken;
}

std::size_t HttpExchange::holdBody(std::span<const std::byte> bytes) {
  if (headOnly_ || (committed_ && framing_ == ResponseFraming::none)) {
    swallowedBytes_ += bytes.size();
    return bytes.size();
  }
  OutputBuffer& output = transport_->output();
  std::size_t taken = 0;
  while (true) {
    const auto rest = bytes.subspan(taken);
    if (framing_ == ResponseFraming::length && committed_ &&
        rest.size() > bodyRemaining_ - output.heldSize()) {
      cut(Reason::badResponse, "the body is longer than its Content-Length");
      return taken;
    }
    taken += output.hold(rest);
    if (taken == bytes.size() || held_ || away_) return taken;
    // Full. What is held goes out, and there may be room again.
    flushBody();
    if (!isLive()) return taken;
    if (framing_ == ResponseFraming::none) {
      swallowedBytes_ += bytes.size() - taken;
      return bytes.size();
    }
    transport_->sendPending();
    if (output.room() == 0) return taken;
  }
}

bool HttpExchange::discardResponseBody() {
  if (committed_ || state_ != State::open) return false;
  transport_->output().dropHeld();
  swallowedBytes_ = written_ = 0;
  return true;
}

void HttpExchange::flush() {
  if (state_ == State::open && !held_ && !away_) flushBody();
}

void HttpExchange::flushBody() {
  OutputBuffer& output = transport_->output();
  if (output.heldSize() == 0) return;
  if (!committed_) {
    if (!commitHead(std::nullopt)) return;
    if (framing_ == ResponseFraming::length && output.heldSize() > bodyRemaining_) {
      // Not a byte has left yet, so this can still be said properly.
      committed_ = false;
      status_ = 0;
      answerProblem(Reason::badResponse, reasonStatus(Reason::badResponse),
                    "the body is longer than its Content-Length");
      return;
    }
  }
  releaseHeld(false);
  changed();
}

void HttpExchange::finish() {
  if (state_ != State::open) return;
  finishBody();
}

void HttpExchange::finishBody() {
  OutputBuffer& output = transport_->output();
  if (!committed_) {
    const std::uint64_t size = headOnly_ ? swallowedBytes_ : output.heldSize();
    // To a HEAD, a body that was not written says nothing about the one that GET would have.
    const bool sizeIsKnown = !headOnly_ || size != 0;
    if (!commitHead(sizeIsKnown ? std::optional(size) : std::nullopt)) return;
  } else if (framing_ == ResponseFraming::length && output.heldSize() != bodyRemaining_) {
    cut(Reason::badResponse, "the body is shorter than its Content-Length");
    return;
  }
  releaseHeld(true);
  state_ = State::finished;
  changed();
}

void HttpExchange::finishWith(std::string body) {
  if (state_ != State::open) return;
  assert(!committed_);
  forgetOriginLength();
  OutputBuffer& output = transport_->output();
  output.dropHeld();
  swallowedBytes_ = written_ = 0;
  if (exceedsLimit(body.size())) return;
  if (headOnly_ || body.size() <= std::min(kCopiedBody, output.room())) {
    writeBody(bytesOf(body));
    finishBody();
    return;
  }
  if (!commitHead(body.size())) return;
  if (framing_ == ResponseFraming::none) {
    releaseHeld(true);
  } else {
    released_ += transport_->releaseLarge(std::move(body));
  }
  state_ = State::finished;
  changed();
}

}  // namespace skiff
