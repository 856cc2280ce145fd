#include "deploy/oci/outbound_client.h"

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include "deploy/oci/outbound_connection.h"

namespace skiff {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kLargestHead = 64 << 10;
constexpr std::size_t kReadSize = 64 << 10;
constexpr std::size_t kMostInterimAnswers = 8;
constexpr std::size_t kMostIdle = 4;
constexpr std::string_view kUserAgent = "skiff/" SKIFF_VERSION;

std::string requestText(const HttpRequest& request) {
  std::string text = request.method == HttpRequest::Method::head ? "HEAD " : "GET ";
  text.append(request.url.target).append(" HTTP/1.1\r\nHost: ").append(request.url.authority());
  text.append("\r\nUser-Agent: ").append(kUserAgent).append("\r\n");
  for (const auto& [name, value] : request.fields) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text + "\r\n";
}

TransportError notHttp(const error_code& error) {
  if (error == http::error::header_limit) {
    return {OciError::Kind::protocol,
            "sent more than " + ByteSize(kLargestHead).text() + " of header fields"};
  }
  return {OciError::Kind::protocol, "answered what is not HTTP: " + error.message()};
}

TransportError cut() {
  return {OciError::Kind::unreachable, "closed the connection in the middle of an answer", true};
}

PullPatience shortened(const PullPatience& patience, std::chrono::milliseconds most) {
  return {patience.stop, std::min(patience.deadline, Clock::now() + most)};
}

/// An error under a shortened patience, as the caller's own patience has it.
TransportError explained(TransportError error, const PullPatience& shorter,
                         const PullPatience& whole) {
  const auto now = Clock::now();
  if (error.kind == OciError::Kind::unreachable && now >= shorter.deadline &&
      now < whole.deadline) {
    return {OciError::Kind::unreachable, "took too long over its answer", true};
  }
  return error;
}

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

}  // namespace

std::string_view HttpResponse::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

/// One request and its answer on a connection.
class OutboundClient::Exchange {
 public:
  Exchange(HttpUrl url, std::unique_ptr<OutboundConnection> connection)
      : url_(std::move(url)), connection_(std::move(connection)) {}

  /// `isUntouched` is set while no byte of the answer has come.
  TransportResult<HttpResponse> begin(const HttpRequest& request, const PullPatience& patience,
                                      bool& isUntouched);
  TransportResult<std::size_t> read(std::span<std::byte> into, const PullPatience& patience);

  const HttpUrl& url() const { return url_; }
  /// The connection, if another exchange can use it.
  std::unique_ptr<OutboundConnection> release() {
    const bool isReusable =
        parser_ && parser_->is_done() && parser_->keep_alive() && !isEnded_ && buffer_.size() == 0;
    return isReusable ? std::move(connection_) : nullptr;
  }

 private:
  using Parser = http::parser<false, http::buffer_body>;

  TransportResult<void> readHead(const PullPatience& patience, bool isHead, bool& isUntouched);
  /// More bytes into the buffer; false at the end of the connection.
  TransportResult<bool> fill(const PullPatience& patience);
  HttpResponse head() const;

  HttpUrl url_;
  std::unique_ptr<OutboundConnection> connection_;
  boost::beast::flat_buffer buffer_{kLargestHead + kReadSize};
  std::optional<Parser> parser_;
  bool isEnded_ = false;  ///< the server has closed the connection
};

TransportResult<bool> OutboundClient::Exchange::fill(const PullPatience& patience) {
  const std::size_t room = std::min(kReadSize, buffer_.max_size() - buffer_.size());
  const auto space = buffer_.prepare(room);
  const auto size =
      connection_->read({static_cast<std::byte*>(space.data()), space.size()}, patience);
  if (size.has_error()) return size.error();
  buffer_.commit(*size);
  isEnded_ = *size == 0;
  return !isEnded_;
}

TransportResult<void> OutboundClient::Exchange::readHead(const PullPatience& patience, bool isHead,
                                                         bool& isUntouched) {
  parser_.emplace();
  parser_->header_limit(kLargestHead);
  parser_->body_limit(boost::none);  // the readers' limits are tighter
  if (isHead) parser_->skip(true);
  while (!parser_->is_header_done()) {
    if (buffer_.size() > 0) {
      error_code error;
      buffer_.consume(parser_->put(buffer_.data(), error));
      if (error && error != http::error::need_more) return notHttp(error);
      if (!error) continue;
    }
    const auto more = fill(patience);
    if (more.has_error()) return more.error();
    if (!*more) return cut();
    isUntouched = false;
  }
  return {};
}

TransportResult<HttpResponse> OutboundClient::Exchange::begin(const HttpRequest& request,
                                                              const PullPatience& patience,
                                                              bool& isUntouched) {
  isUntouched = true;
  const auto written = connection_->write(requestText(request), patience);
  if (written.has_error()) return written.error();
  for (std::size_t interim = 0; interim <= kMostInterimAnswers; ++interim) {
    const auto read = readHead(patience, request.method == HttpRequest::Method::head, isUntouched);
    if (read.has_error()) return read.error();
    if (parser_->get().result_int() >= 200) return head();
  }
  return TransportError{OciError::Kind::protocol, "sent interim answers without end"};
}

HttpResponse OutboundClient::Exchange::head() const {
  HttpResponse response;
  const auto& message = parser_->get();
  response.status = message.result_int();
  for (const auto& field : message) {
    response.fields.emplace_back(
        lowerCase({field.name_string().data(), field.name_string().size()}),
        std::string(field.value().data(), field.value().size()));
  }
  if (const auto length = parser_->content_length()) response.length = *length;
  return response;
}

TransportResult<std::size_t> OutboundClient::Exchange::read(std::span<std::byte> into,
                                                            const PullPatience& patience) {
  while (!parser_->is_done()) {
    error_code error;
    auto& body = parser_->get().body();
    body.data = into.data();
    body.size = into.size();
    body.more = true;
    std::size_t taken = 0;
    if (buffer_.size() > 0) {
      taken = parser_->put(buffer_.data(), error);
      buffer_.consume(taken);
    }
    const std::size_t filled = into.size() - body.size;
    body.data = nullptr;
    body.size = 0;
    if (error && error != http::error::need_buffer && error != http::error::need_more) {
      return notHttp(error);
    }
    if (filled > 0) return filled;
    if (taken > 0 && error != http::error::need_more) continue;
    if (isEnded_) {
      parser_->put_eof(error);
      if (!parser_->is_done()) return cut();
    } else if (const auto more = fill(patience); more.has_error()) {
      return more.error();
    }
  }
  return 0;
}

struct OutboundClient::Idle {
  HttpUrl url;
  std::unique_ptr<OutboundConnection> connection;
};

OutboundClient::OutboundClient(TlsTrust trust, const PullLimits& limits)
    : trust_(std::move(trust)), limits_(limits) {}

OutboundClient::~OutboundClient() = default;

void OutboundClient::finish() {
  if (!exchange_) return;
  if (auto connection = exchange_->release()) {
    if (idle_.size() == kMostIdle) idle_.erase(idle_.begin());
    idle_.push_back({exchange_->url(), std::move(connection)});
  }
  exchange_.reset();
}

TransportResult<HttpResponse> OutboundClient::begin(const HttpRequest& request,
                                                    const PullPatience& patience,
                                                    std::unique_ptr<OutboundConnection> connection,
                                                    bool& isUntouched) {
  auto exchange = std::make_unique<Exchange>(request.url, std::move(connection));
  // A head that comes byte by byte is no head either.
  const PullPatience head = shortened(patience, limits_.stall);
  auto response = exchange->begin(request, head, isUntouched);
  if (response.has_error()) return explained(response.error(), head, patience);
  exchange_ = std::move(exchange);
  return response;
}

TransportResult<HttpResponse> OutboundClient::send(const HttpRequest& request,
                                                   const PullPatience& patience) {
  finish();
  bool isUntouched = true;
  const auto used = std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) {
    return idle.url.isSameOrigin(request.url);
  });
  if (used != idle_.end()) {
    auto connection = std::move(used->connection);
    idle_.erase(used);
    auto response = begin(request, patience, std::move(connection), isUntouched);
    // The server may have closed it meanwhile, which says nothing of the server.
    if (response.has_value() || !isUntouched || !response.error().again) return response;
  }
  auto connection =
      OutboundConnection::open(request.url, request.mayBePrivate, trust_, limits_, patience);
  if (connection.has_error()) return connection.error();
  return begin(request, patience, *std::move(connection), isUntouched);
}

TransportResult<std::size_t> OutboundClient::read(std::span<std::byte> into,
                                                  const PullPatience& patience) {
  if (!exchange_) return 0;
  auto size = exchange_->read(into, patience);
  if (size.has_error()) exchange_.reset();
  return size;
}

TransportResult<std::string> OutboundClient::readAll(ByteSize most, const PullPatience& patience) {
  const PullPatience whole = shortened(patience, 2 * limits_.stall);
  std::string body;
  std::vector<std::byte> piece(kReadSize);
  for (;;) {
    const auto size = read(piece, whole);
    if (size.has_error()) return explained(size.error(), whole, patience);
    if (*size == 0) return Result<std::string, TransportError>(std::move(body));
    if (*size > most.bytes() - body.size()) {
      exchange_.reset();
      return TransportError{OciError::Kind::tooLarge, "sent an answer of more than " + most.text() +
                                                          " where that is the most"};
    }
    body.append(reinterpret_cast<const char*>(piece.data()), *size);
  }
}

}  // namespace skiff
