#include "tests/e2e/http2_requests.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <stdexcept>

namespace skiff::e2e {

using Kind = Http2Outcome::Kind;

struct Http2Requests::Callbacks {
  static Exchange* find(void* self, std::int32_t stream) {
    auto& exchanges = static_cast<Http2Requests*>(self)->exchanges_;
    const auto found = exchanges.find(stream);
    return found == exchanges.end() ? nullptr : found->second;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t nameSize, const std::uint8_t* value, std::size_t valueSize,
                    std::uint8_t, void* self) {
    Exchange* const exchange = find(self, frame->hd.stream_id);
    if (exchange == nullptr) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), nameSize);
    const std::string text(reinterpret_cast<const char*>(value), valueSize);
    if (key == ":status") exchange->outcome.status = std::atoi(text.c_str());
    if (key == "skiff-reason") exchange->outcome.reason = text;
    return 0;
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
                  std::size_t size, void* self) {
    if (Exchange* const exchange = find(self, stream)) {
      exchange->outcome.body.append(reinterpret_cast<const char*>(bytes), size);
    }
    return 0;
  }

  static int closed(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* self) {
    Exchange* const exchange = find(self, stream);
    if (exchange == nullptr) return 0;
    Http2Outcome& outcome = exchange->outcome;
    outcome.error = error;
    if (exchange->request->isTakenBack) {
      outcome.kind = Kind::takenBack;
    } else if (error == NGHTTP2_REFUSED_STREAM) {
      outcome.kind = Kind::notBegun;
    } else {
      outcome.kind = error == NGHTTP2_NO_ERROR ? Kind::answered : Kind::failed;
    }
    exchange->isOver = true;
    return 0;
  }

  static int notSent(nghttp2_session*, const nghttp2_frame* frame, int, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (Exchange* const exchange = find(self, frame->hd.stream_id)) {
      exchange->outcome.kind = Kind::notBegun;
      exchange->isOver = true;
    }
    return 0;
  }

  static ssize_t readBody(nghttp2_session*, std::int32_t, std::uint8_t* bytes, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& exchange = *static_cast<Exchange*>(source->ptr);
    const std::string& body = exchange.request->body;
    const std::size_t count = std::min(size, body.size() - exchange.sent);
    std::memcpy(bytes, body.data() + exchange.sent, count);
    exchange.sent += count;
    if (exchange.sent == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }
};

void Http2Requests::FreeSession::operator()(nghttp2_session* session) const {
  nghttp2_session_del(session);
}

Http2Requests::Http2Requests(std::uint16_t port, const std::string& host, SSL_SESSION* session)
    : tls_(port, {.host = host, .protocols = std::string("\x02h2", 3), .session = session}) {
  if (!tls_.isConnected()) throw std::runtime_error("no TLS handshake: " + tls_.failure());
  if (tls_.protocol() != "h2") throw std::runtime_error("the server does not choose HTTP/2");
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::closed);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, Callbacks::notSent);
  nghttp2_session* made = nullptr;
  const int error = nghttp2_session_client_new(&made, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  if (error != 0) throw std::bad_alloc();
  session_.reset(made);
  nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, nullptr, 0);
}

Http2Requests::~Http2Requests() = default;

void Http2Requests::end(std::string why) {
  ended_ = true;
  if (failure_.empty()) failure_ = std::move(why);
}

bool Http2Requests::flush() {
  std::string out;
  for (;;) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
    if (size < 0) end(nghttp2_strerror(static_cast<int>(size)));
    if (size <= 0) break;
    out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  // What the server has sent before it closed is still to be read.
  return out.empty() || tls_.send(out);
}

void Http2Requests::take(std::string_view bytes) {
  if (bytes.empty()) return end("the connection ended, or nothing came for ten seconds");
  const ssize_t taken = nghttp2_session_mem_recv(
      session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) end(nghttp2_strerror(static_cast<int>(taken)));
}

void Http2Requests::submit(Exchange& exchange) {
  const Http2Request& request = *exchange.request;
  const auto field = [](std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
      return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
  };
  const std::vector<nghttp2_nv> fields{field(":method", request.body.empty() ? "GET" : "POST"),
                                       field(":scheme", "https"), field(":authority", request.host),
                                       field(":path", request.path)};
  nghttp2_data_provider body{};
  body.source.ptr = &exchange;
  body.read_callback = Callbacks::readBody;
  const std::int32_t stream =
      nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                             request.body.empty() ? nullptr : &body, nullptr);
  if (stream < 0) {
    // There is no number left for it, or the connection takes no more.
    exchange.outcome.kind = Kind::notBegun;
    exchange.isOver = true;
    return;
  }
  exchanges_[stream] = &exchange;
}

std::vector<Http2Outcome> Http2Requests::ask(const std::vector<Http2Request>& requests) {
  std::vector<Exchange> all(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    all[i].request = &requests[i];
    submit(all[i]);
  }
  flush();
  for (const auto& [stream, exchange] : exchanges_) {
    if (!exchange->request->isTakenBack || exchange->isOver) continue;
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  }
  const auto isWaiting = [](const Exchange& exchange) { return !exchange.isOver; };
  for (;;) {
    flush();
    if (std::none_of(all.begin(), all.end(), isWaiting) || ended_) break;
    take(tls_.readSome());
  }
  exchanges_.clear();
  std::vector<Http2Outcome> outcomes;
  for (Exchange& exchange : all) outcomes.push_back(std::move(exchange.outcome));
  return outcomes;
}

void Http2Requests::attend(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!ended_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    const auto bytes = tls_.readWithin(std::max(left, std::chrono::milliseconds(0)));
    if (!bytes) return;
    take(*bytes);
    flush();
  }
}

bool Http2Requests::isEnding() const {
  return ended_ || nghttp2_session_check_request_allowed(session_.get()) == 0;
}

std::vector<Http2Outcome> KeptHttp2Requests::ask(const std::vector<Http2Request>& requests) {
  constexpr int kAttempts = 10;
  std::vector<Http2Outcome> outcomes(requests.size(), {.kind = Http2Outcome::Kind::notBegun});
  std::vector<std::size_t> left(requests.size());
  std::iota(left.begin(), left.end(), 0);
  for (int attempt = 0; !left.empty() && attempt < kAttempts; ++attempt) {
    if (attempt != 0) askedAgain_ += left.size();
    if (connection_) connection_->attend(std::chrono::milliseconds(0));
    if (!connection_ || connection_->isEnding()) {
      if (connection_) ++replaced_;
      connection_ = std::make_unique<Http2Requests>(port_, host_);
    }
    std::vector<Http2Request> now;
    for (const std::size_t index : left) now.push_back(requests[index]);
    const std::vector<Http2Outcome> ended = connection_->ask(now);
    for (std::size_t i = 0; i < left.size(); ++i) outcomes[left[i]] = ended[i];
    std::erase_if(left, [&](std::size_t index) {
      return outcomes[index].kind != Http2Outcome::Kind::notBegun;
    });
  }
  return outcomes;
}

}  // namespace skiff::e2e
