#include "server/origin/origin_exchange.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>

namespace skiff {

namespace asio = boost::asio;
using boost::system::error_code;
using State = OriginCall::State;

namespace {

constexpr ByteSize kLeastBuffer = 1_KiB;

std::size_t bufferSize(const OriginOptions& options) {
  return std::max(options.buffer, kLeastBuffer).bytes();
}

}  // namespace

OriginExchange::OriginExchange(std::shared_ptr<OriginPool> pool, OriginListener& listener)
    : pool_(std::move(pool)),
      listener_(&listener),
      connectTimer_(pool_->context()),
      upload_(bufferSize(pool_->options())),
      body_(bufferSize(pool_->options())) {}

void OriginExchange::start(std::string_view method, std::string_view target,
                           const HeaderList& headers, std::optional<std::uint64_t> bodyLength) {
  assert(!connection_ && !parser_);
  if (method == "HEAD") expectBody_ = ExpectBody::never;
  if (const auto result =
          upload_.start(method, target, headers, pool_->address().authority, bodyLength);
      !result) {
    fail(result.error().message);
    return;
  }
  connection_ = pool_->takeIdle();
  if (!connection_) {
    connectFresh();
    return;
  }
  kept_ = true;
  upload_.rememberSent();
  beginOnConnection();
}

void OriginExchange::connectFresh() {
  const auto timeout = pool_->options().connectTimeout;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  connectTimer_.expires_at(deadline);
  connectTimer_.async_wait([weak = weak_from_this()](error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->abandoned_ || self->state_ != State::waiting || self->parser_)
      return;
    self->pool_->forgetAddresses();
    self->fail(self->connection_ ? "connecting took too long"
                                 : "finding its address took too long");
  });
  pool_->resolve([self = shared_from_this(), deadline](const Result<OriginEndpoints>& result) {
    if (self->abandoned_ || self->state_ != State::waiting) return;
    if (result) {
      self->connectTo(*result, deadline);
    } else {
      self->fail(result.error().message);
    }
  });
}

void OriginExchange::connectTo(const OriginEndpoints& endpoints,
                               std::chrono::steady_clock::time_point deadline) {
  connection_ = pool_->makeConnection();
  connection_->connect(endpoints, deadline, [self = shared_from_this()](error_code error) {
    if (error) {
      self->pool_->forgetAddresses();
      self->fail("cannot connect: " + error.message());
      return;
    }
    self->beginOnConnection();
  });
}

void OriginExchange::beginOnConnection() {
  connectTimer_.cancel();
  parser_.emplace(headers_, body_, expectBody_, pool_->options().limits);
  readMore();
  sendMore();
}

std::size_t OriginExchange::writeBody(std::span<const std::byte> bytes) {
  const auto taken = upload_.write(bytes);
  if (!taken) {
    fail(taken.error().message);
    return bytes.size();
  }
  if (*taken < bytes.size()) wantsRoom_ = true;
  sendMore();
  return *taken;
}

void OriginExchange::finishBody() {
  if (const auto result = upload_.finish(); !result) {
    fail(result.error().message);
    return;
  }
  sendMore();
}

void OriginExchange::sendMore() {
  if (sending_ || sendingBroke_ || !parser_ || !connection_) return;
  const std::string_view bytes = upload_.next();
  if (bytes.empty()) return;
  sending_ = true;
  connection_->socket().async_write_some(
      asio::buffer(bytes.data(), bytes.size()),
      [self = shared_from_this(), connection = connection_](error_code error, std::size_t count) {
        if (self->connection_ == connection) self->onSent(error, count);
      });
}

void OriginExchange::onSent(error_code error, std::size_t count) {
  sending_ = false;
  upload_.sent(count);
  if (complete_) {
    endConnection(!error && upload_.complete());
    return;
  }
  if (error) {
    // Why is for the read to tell: an early answer may be there, or the end.
    sendingBroke_ = true;
    upload_.sendingFailed();
    if (parser_->started()) dropUpload();
    return;
  }
  sendMore();
  if (wantsRoom_ && upload_.hasRoom()) {
    wantsRoom_ = false;
    tellListener();
  }
}

void OriginExchange::readMore() {
  if (reading_ || complete_ || !connection_ || !parser_) return;
  const std::size_t size = std::min(OriginConnection::kReadSize, body_.capacity());
  // Whatever is read must fit: the parser may find nothing but body in it.
  if (body_.room() < size) return;
  reading_ = true;
  connection_->socket().async_read_some(
      asio::buffer(connection_->readBuffer().data(), size),
      [self = shared_from_this(), connection = connection_](error_code error, std::size_t count) {
        if (self->connection_ == connection) self->onReceived(error, count);
      });
}

void OriginExchange::onReceived(error_code error, std::size_t count) {
  reading_ = false;
  if (error) {
    onEnd(error);
    return;
  }
  const std::size_t before = body_.size();
  const auto parsed = parser_->parse({connection_->readBuffer().data(), count});
  upload_.forgetSent();
  if (!parsed) {
    fail(parsed.error().message);
    return;
  }
  if (sendingBroke_) dropUpload();
  if (parser_->headComplete() && state_ == State::waiting) {
    state_ = State::head;
    status_ = parser_->status();
    tellListener();
  }
  if (body_.size() != before) tellListener();
  if (parser_->complete()) {
    onAnswerComplete(*parsed == count);
  } else {
    readMore();
  }
}

void OriginExchange::onEnd(error_code error) {
  if (!parser_->started() && repeatOnFresh()) return;
  if (error != asio::error::eof) {
    fail((parser_->headComplete() ? "the connection broke inside the answer's body: "
          : sendingBroke_         ? "the connection broke while the request was being sent: "
                                  : "the connection broke before an answer: ") +
         error.message());
    return;
  }
  if (const auto finished = parser_->finish(); !finished) {
    fail(finished.error().message);
    return;
  }
  onAnswerComplete(false);
}

void OriginExchange::onAnswerComplete(bool connectionClean) {
  complete_ = true;
  const bool reusable = connectionClean && parser_->keepAlive() && !sendingBroke_;
  // An answer may overtake the news that the request's last bytes were sent.
  if (!(reusable && sending_ && upload_.allIssued())) {
    endConnection(reusable && upload_.complete());
  }
  dropUpload();
  tellListener();
}

void OriginExchange::endConnection(bool reusable) {
  if (reusable) {
    pool_->giveBack(std::exchange(connection_, nullptr));
  } else {
    dropConnection();
  }
}

bool OriginExchange::repeatOnFresh() {
  if (!kept_ || repeated_ || !upload_.repeatable()) return false;
  repeated_ = true;
  dropConnection();
  parser_.reset();
  kept_ = false;
  sending_ = false;
  sendingBroke_ = false;
  upload_.rewind();
  connectFresh();
  return true;
}

BodyRead OriginExchange::readBody(std::span<std::byte> into) {
  if (state_ != State::head) return {};
  BodyRead read;
  read.size = body_.read(into);
  read.end = complete_ && body_.empty();
  readMore();
  return read;
}

void OriginExchange::fail(std::string what) {
  if (state_ == State::failed || complete_) return;
  state_ = State::failed;
  error_ = "origin " + pool_->address().authority + ": " + std::move(what);
  pool_->countFailure();
  connectTimer_.cancel();
  dropConnection();
  dropUpload();
  tellListener();
}

void OriginExchange::dropConnection() {
  if (connection_) pool_->discard(*std::exchange(connection_, nullptr));
}

void OriginExchange::dropUpload() {
  upload_.drop();
  if (!std::exchange(wantsRoom_, false)) return;
  tellListener();
}

/// Posted, so that it never happens inside a call; several at once become one.
void OriginExchange::tellListener() {
  if (eventPosted_ || !listener_) return;
  eventPosted_ = true;
  asio::post(pool_->context(), [self = shared_from_this()] {
    self->eventPosted_ = false;
    if (self->listener_) self->listener_->onOriginEvent();
  });
}

void OriginExchange::abandon() {
  abandoned_ = true;
  listener_ = nullptr;
  connectTimer_.cancel();
  dropConnection();
}

}  // namespace skiff
