#include "tests/isolate/fake_exchange.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace skiff::testing {
namespace {

/// A broken precondition is a bug in what is tested, so it fails the test loudly.
void require(bool condition, const char* what) {
  if (!condition) throw std::logic_error(what);
}

HeaderPairs pairsOf(const HeaderList& headers) {
  HeaderPairs pairs;
  for (const Header& field : headers) pairs.emplace_back(field.name, field.value);
  return pairs;
}

}  // namespace

FakeExchange::FakeExchange() {
  request_.protocol = "HTTP/1.1";
  request_.host = "example.com";
  request_.headers.add("Host", "example.com");
  setRequest("GET", "/");
}

void FakeExchange::setRequest(std::string_view method, std::string_view target) {
  request_.method = request_.headers.copy(method);
  request_.target = request_.headers.copy(target);
}

void FakeExchange::addRequestHeader(std::string_view name, std::string_view value) {
  request_.headers.add(name, value);
}

void FakeExchange::sendBody(std::string_view body) {
  expectBody(body.size());
  arrive(body);
  endBody();
}

void FakeExchange::expectBody(std::optional<std::uint64_t> length) {
  length_ = length;
  ended_ = false;
}

void FakeExchange::arrive(std::string_view bytes) {
  require(!ended_, "bytes arrived after the body's end: call expectBody() first");
  arrived_ += bytes;
}

void FakeExchange::endBody() {
  ended_ = true;
}

void FakeExchange::setAddresses(std::string source, std::string server) {
  source_ = std::move(source);
  server_ = std::move(server);
}

void FakeExchange::drainResponse(std::size_t bytes) {
  committed_ = true;
  sentBytes_ += std::min(bytes, written_.size() - sentBytes_);
}

void FakeExchange::answerNext(int status, const HeaderPairs& headers, std::string body) {
  nextStatus_ = status;
  nextHeaders_ = headers;
  nextBody_ = std::move(body);
  outcome_ = NextState::ready;
  if (sent_) mergeNextHead();
}

void FakeExchange::failNext(std::string error) {
  nextError_ = std::move(error);
  outcome_ = NextState::failed;
}

void FakeExchange::mergeNextHead() {
  response_.status = nextStatus_;
  for (const auto& [name, value] : nextHeaders_) response_.headers.remove(name);
  for (const auto& [name, value] : nextHeaders_) response_.headers.add(name, value);
}

void FakeExchange::wake() {
  if (listener_) listener_->onReady();
}

void FakeExchange::abandon(Reason reason) {
  if (ExchangeListener* listener = std::exchange(listener_, nullptr)) listener->onAbandoned(reason);
}

std::string FakeExchange::body() const {
  return answer_ == Answer::next ? nextBody_ : written_;
}

HeaderPairs FakeExchange::responseHeaders() const {
  return pairsOf(response_.headers);
}

BodyRead FakeExchange::readRequestBody(std::span<std::byte> into) {
  const std::size_t size = std::min({into.size(), maxRead_, arrived_.size() - read_});
  if (size > 0) std::memcpy(into.data(), arrived_.data() + read_, size);
  read_ += size;
  return {size, ended_ && read_ == arrived_.size()};
}

std::size_t FakeExchange::writeResponseBody(std::span<const std::byte> bytes) {
  require(!finished(), "a body was written to a finished exchange");
  const std::size_t room = capacity_ - std::min(capacity_, written_.size() - sentBytes_);
  const std::size_t size = std::min(room, bytes.size());
  written_.append(reinterpret_cast<const char*>(bytes.data()), size);
  // What does not fit the buffer cannot be held back any longer.
  if (size < bytes.size() && !held_) committed_ = true;
  return size;
}

bool FakeExchange::discardResponseBody() {
  if (committed_) return false;
  written_.clear();
  return true;
}

void FakeExchange::flush() {
  ++flushes_;
  if (!written_.empty() && !held_) committed_ = true;
}

void FakeExchange::startNext(NextRequest request) {
  require(!sent_, "next was started twice");
  sent_ = SentToNext{std::string(request_.method), std::string(request_.target),
                     pairsOf(request_.headers), std::move(request)};
  if (outcome_ == NextState::ready) mergeNextHead();
}

NextState FakeExchange::nextState() const {
  return sent_ ? outcome_ : NextState::none;
}

void FakeExchange::finish() {
  require(!finished(), "the exchange was finished twice");
  answer_ = Answer::written;
}

void FakeExchange::finishWith(std::string body) {
  require(!finished(), "the exchange was finished twice");
  require(!committed_, "the body was replaced after it was committed");
  written_ = std::move(body);
  answer_ = Answer::replaced;
}

void FakeExchange::finishWithNext() {
  require(!finished(), "the exchange was finished twice");
  require(nextState() == NextState::ready, "the origin's answer is not there");
  require(!sent_->request.bufferResponse, "a buffered answer cannot be streamed");
  answer_ = Answer::next;
}

void FakeExchange::waitFor(std::uint8_t what, std::chrono::steady_clock::time_point until) {
  waits_ = what;
  until_ = until;
}

}  // namespace skiff::testing
