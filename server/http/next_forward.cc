#include "server/http/next_forward.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <span>

#include "server/http/exchange.h"
#include "server/http/exchange_transport.h"
#include "server/http/head_check.h"
#include "server/http/http_limits.h"
#include "server/http/output_buffer.h"

namespace skiff {
namespace {

/// Fields that this hop writes itself, or that were answered here already.
bool staysHere(std::string_view name) {
  return isHopByHop(name) || equalsIgnoringCase(name, "Content-Length") ||
         equalsIgnoringCase(name, "Expect");
}

}  // namespace

NextForward::NextForward(HttpExchange& exchange, NextRequest request)
    : exchange_(exchange), request_(std::move(request)) {}

NextForward::~NextForward() = default;

void NextForward::start(OriginConnector* origin) {
  if (origin == nullptr) {
    fail("the app has no origin");
    return;
  }
  origin_ = origin;
  if (call()) upload();
}

/// Calls the origin; false if that has to wait, and goes on by itself.
bool NextForward::call() {
  if (exchange_.pauseIo()) return false;
  const RequestHead& head = exchange_.request();
  HeaderList headers(exchange_.memory());
  headers.reserve(head.headers.size());
  for (const Header& field : head.headers) {
    if (!staysHere(field.name)) headers.addReference(field.name, field.value);
  }
  std::optional<std::uint64_t> length = request_.body.size();
  if (request_.streamRest) {
    const ExchangeTransport& transport = *exchange_.transport_;
    if (exchange_.requestBodyLength()) {
      *length += transport.bodyRemaining();
    } else if (!transport.bodyEnded()) {
      length = std::nullopt;
    }
  }
  exchange_.countIo(0, 1);
  call_ = origin_->open(*this);
  call_->start(head.method, head.target, headers, length);
  uploading_ = true;
  return true;
}

void NextForward::onOriginEvent() {
  if (exchange_.isFrozen()) {
    exchange_.missNextEvent();
    return;
  }
  pump();
  exchange_.transport_->changed();
}

void NextForward::pump() {
  if (origin_ == nullptr || !exchange_.isLive()) return;
  if (!call_ && !call()) return;
  if (call_->state() == OriginCall::State::failed) {
    if (state_ == NextState::pending || relaying_) fail(call_->error());
    return;
  }
  upload();
  download();
}

void NextForward::fail(std::string_view error) {
  uploading_ = awaitsBody_ = false;
  state_ = NextState::failed;
  error_ = error;
  if (relaying_) {
    exchange_.end(Reason::originError, "the origin's answer broke off");
  } else {
    exchange_.onNextEvent();
  }
}

void NextForward::upload() {
  awaitsBody_ = false;
  while (uploading_) {
    const bool moves = sentOfBody_ < request_.body.size() || chunkBegin_ < chunkEnd_;
    if (moves && exchange_.pauseIo()) return;
    if (sentOfBody_ < request_.body.size()) {
      const auto rest = std::as_bytes(std::span(request_.body)).subspan(sentOfBody_);
      const std::size_t taken = call_->writeBody(rest);
      if (taken == 0) return;
      sentOfBody_ += taken;
      exchange_.countIo(taken);
      continue;
    }
    if (chunkBegin_ < chunkEnd_) {
      const std::size_t taken =
          call_->writeBody(std::span(chunk_).subspan(chunkBegin_, chunkEnd_ - chunkBegin_));
      if (taken == 0) return;
      chunkBegin_ += taken;
      exchange_.countIo(taken);
      continue;
    }
    BodyRead read{0, true};
    if (request_.streamRest) {
      // Not before there is something: most requests have no body.
      if (chunk_.empty() && !exchange_.transport_->bodyEnded()) {
        chunk_.resize(kUploadBuffer);
      }
      read = exchange_.readRequestBody(chunk_);
      if (read.wouldBlock()) {
        awaitsBody_ = true;
        return;
      }
    }
    chunkBegin_ = 0;
    chunkEnd_ = read.size;
    if (read.size == 0 && read.end) {
      uploading_ = false;
      call_->finishBody();
    }
  }
}

void NextForward::download() {
  if (call_->state() != OriginCall::State::head) return;
  if (!headTaken_) takeHead();
  if (state_ == NextState::pending && request_.bufferResponse) collect();
  if (relaying_) relayBody();
}

void NextForward::takeHead() {
  headTaken_ = true;
  ResponseHead& response = exchange_.response();
  if (call_->status() < 200 || call_->status() > 599) {
    fail("the origin answered with a status that is not final");
    return;
  }
  response.status = call_->status();
  // Its fields replace the guest's of the same name; several of its own with one name all stay.
  for (const Header& field : call_->headers()) response.headers.remove(field.name);
  for (const Header& field : call_->headers()) {
    if (isHopByHop(field.name)) continue;
    response.headers.addReference(field.name, field.value);
    if (equalsIgnoringCase(field.name, "Content-Length")) length_ = field.value;
  }
  if (request_.bufferResponse) return;
  state_ = NextState::ready;
  exchange_.onNextEvent();
}

void NextForward::collect() {
  std::array<std::byte, 16 << 10> part;
  while (true) {
    if (exchange_.pauseIo()) return;
    const BodyRead read = call_->readBody(part);
    exchange_.countIo(read.size);
    if (collected_.size() + read.size > HttpLimits::kOriginBody) {
      fail("the origin's body is too large to be buffered");
      return;
    }
    collected_.append(reinterpret_cast<const char*>(part.data()), read.size);
    if (read.end) {
      state_ = NextState::ready;
      exchange_.onNextEvent();
      return;
    }
    if (read.wouldBlock()) break;
  }
  if (call_->state() == OriginCall::State::failed) fail(call_->error());
}

void NextForward::relay() {
  relaying_ = true;
  pump();
}

void NextForward::dropLength() {
  if (length_.empty()) return;
  HeaderList& headers = exchange_.response().headers;
  const std::string_view* current = headers.find("Content-Length");
  // Only if it is still the origin's: the guest may have set its own.
  if (current != nullptr && current->data() == length_.data()) headers.remove("Content-Length");
  length_ = {};
}

void NextForward::relayBody() {
  ExchangeTransport& transport = *exchange_.transport_;
  std::array<std::byte, 16 << 10> part;
  while (exchange_.isLive()) {
    std::size_t room = transport.output().room();
    if (room == 0) {
      exchange_.flushBody();
      transport.sendPending();
      room = transport.output().room();
      if (room == 0) return;
    }
    if (exchange_.pauseIo()) break;
    // No more than fits, since what was read cannot be put back.
    const BodyRead read = call_->readBody(std::span(part).first(std::min(room, part.size())));
    exchange_.countIo(read.size);
    if (read.size != 0) {
      const std::size_t taken = exchange_.writeBody(std::span(part).first(read.size));
      if (!exchange_.isLive()) return;
      assert(taken == read.size);
      static_cast<void>(taken);
    }
    if (read.end) {
      exchange_.finishBody();
      return;
    }
    if (read.wouldBlock()) break;
  }
  if (!exchange_.isLive()) return;
  if (call_->state() == OriginCall::State::failed) {
    fail(call_->error());
    return;
  }
  // The origin pauses: what it has sent so far need not wait for it.
  exchange_.flushBody();
}

}  // namespace skiff
