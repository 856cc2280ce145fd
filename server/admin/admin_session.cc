#include "server/admin/admin_session.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <tuple>
#include <utility>

namespace skiff {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// What to say to bytes that are no request; nothing to say (status 0) if the client is gone.
AdminAnswer answerToBadRequest(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return adminProblem(431, "Request Header Fields Too Large", "Send fewer or shorter fields.");
  }
  const error_code malformed = http::error::bad_method;
  if (error.category() != malformed.category() || error == http::error::end_of_stream ||
      error == http::error::partial_message) {
    return {.status = 0, .contentType = {}, .allow = {}, .body = {}};
  }
  return adminProblem(400, "Bad Request", "This is not an HTTP/1.1 request.");
}

AdminAnswer answerSafely(const AdminHooks& hooks, const AdminRequest& request) {
  try {
    return answerAdminRequest(hooks, request);
  } catch (const std::exception&) {
    return adminProblem(500, "Internal Server Error", "The daemon could not answer.");
  }
}

/// In lower case and without a port.
std::string hostOf(std::string_view field) {
  std::string host(field);
  const std::size_t colon = host.rfind(':');
  if (colon != host.npos && host.find(']', colon) == host.npos) host.resize(colon);
  for (char& c : host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return host;
}

bool isApiTarget(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return path == "/v1" || path.starts_with("/v1/");
}

}  // namespace

AdminSession::AdminSession(asio::ip::tcp::socket socket,
                           std::shared_ptr<const AdminCertificate> certificate,
                           const AdminHooks& hooks, ApiGate* gate, AdminSessionLimits limits)
    : stream_(std::move(socket), std::move(certificate)),
      buffer_(limits.header + 1024),
      wake_(stream_.get_executor()),
      hooks_(hooks),
      gate_(gate),
      limits_(limits),
      since_(std::chrono::steady_clock::now()) {
  error_code unknown;
  address_ = stream_.socket().remote_endpoint(unknown).address().to_string();
}

asio::awaitable<void> AdminSession::run() {
  bool goesOn = co_await shakeHands();
  while (goesOn && !stopping_) goesOn = co_await serveOne();
  co_await close();
}

asio::awaitable<bool> AdminSession::shakeHands() {
  if (!stream_.isTls()) co_return true;
  stream_.expires_after(limits_.firstRead);
  waiting_ = true;
  const HandshakeOutcome outcome = co_await stream_.handshake();
  waiting_ = false;
  if (hooks_.onHandshake) hooks_.onHandshake(outcome);
  if (outcome == HandshakeOutcome::plain) {
    const AdminAnswer answer = adminProblem(
        400, "Bad Request", "This port speaks HTTPS, and the request came without TLS.");
    co_await send(answer, 11, true, false);
  }
  if (outcome != HandshakeOutcome::full && outcome != HandshakeOutcome::resumed) co_return false;
  clientName_ = stream_.clientName();
  co_return true;
}

asio::awaitable<bool> AdminSession::serveOne() {
  HeadParser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits_.header));
  parser.body_limit(boost::none);  // whoever reads a body counts it

  stream_.expires_after(served_ ? limits_.read : limits_.firstRead);
  waiting_ = true;
  const auto [readError, size] = co_await http::async_read_header(stream_, buffer_, parser, kAwait);
  waiting_ = false;
  since_ = std::chrono::steady_clock::now();
  if (readError) {
    const AdminAnswer answer = answerToBadRequest(readError);
    if (answer.status != 0) co_await send(answer, 11, true, false);
    co_return false;
  }
  served_ = true;

  const auto& request = parser.get();
  const std::string_view host = view(request[http::field::host]);
  // A page that leads a browser here by a name of its own fails at the certificate.
  const bool isOwnHost = stream_.covers(hostOf(host)) || refuseForeignHost(host).status == 0;
  if (gate_ && isApiTarget(view(request.target())) && isOwnHost) {
    co_return co_await serveApi(parser);
  }
  const AdminAnswer answer = answerSafely(hooks_, {.method = view(request.method_string()),
                                                   .target = view(request.target()),
                                                   .host = isOwnHost ? std::string_view() : host});
  // A body that was not read would be taken for the next request.
  const bool keepAlive = request.keep_alive() && parser.is_done() && mayGoOn();
  co_return co_await send(answer, request.version(), request.method() != http::verb::head,
                          keepAlive);
}

asio::awaitable<bool> AdminSession::send(const AdminAnswer& answer, unsigned version, bool withBody,
                                         bool keepAlive) {
  if (hooks_.onAnswer) hooks_.onAnswer(answer.status);
  http::response<http::span_body<const char>> response;
  response.version(version);
  response.result(answer.status);
  response.set(http::field::server, "skiff");
  if (!answer.contentType.empty()) response.set(http::field::content_type, answer.contentType);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
  for (const auto& [name, value] : answer.fields) response.set(name, value);
  response.keep_alive(keepAlive);
  // 204 has no body, and so no length (RFC 9110, section 8.6).
  if (answer.status != 204) response.content_length(answer.body.size());
  if (withBody) response.body() = {answer.body.data(), answer.body.size()};

  stream_.expires_after(limits_.write);
  http::response_serializer<http::span_body<const char>> serializer(response);
  error_code error;
  if (withBody) {
    std::tie(error, std::ignore) = co_await http::async_write(stream_, serializer, kAwait);
  } else {
    std::tie(error, std::ignore) = co_await http::async_write_header(stream_, serializer, kAwait);
  }
  since_ = std::chrono::steady_clock::now();
  co_return !error && keepAlive;
}

asio::awaitable<bool> AdminSession::sendBytes(std::string_view bytes) {
  stream_.expires_after(limits_.write);
  const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(bytes), kAwait);
  co_return !error;
}

asio::awaitable<void> AdminSession::close() {
  stream_.expires_after(limits_.linger);
  co_await stream_.sendEnd();
  // Closing while bytes of the client are unread would reset the connection, and the client might
  // never see the answer. So they are taken in, for a short while.
  waiting_ = true;
  std::array<char, 4096> unread;
  while (!stopping_ && !ended_) {
    const auto [error, size] = co_await stream_.readBytes(asio::buffer(unread), kAwait);
    if (error) break;
  }
  abort();
}

void AdminSession::stop() {
  stopping_ = true;
  if (waiting_) abort();
  wake();
}

void AdminSession::abort() {
  ended_ = true;
  stream_.close();
  wake();
}

AdminSession::Stage AdminSession::stage() const {
  if (ended_) return Stage::ended;
  if (trusted_) return Stage::trusted;
  if (asking_) return Stage::asks;
  if (!waiting_) return Stage::answers;
  return served_ ? Stage::idle : Stage::silent;
}

asio::awaitable<void> AdminSession::await(const std::function<bool()>& isDone,
                                          std::chrono::milliseconds atMost) {
  wake_.expires_after(atMost);
  while (!isDone() && !ended_) {
    const auto [error] = co_await wake_.async_wait(kAwait);
    if (!error) break;  // the time is over, or wake() came before the wait
    wake_.expires_after(atMost);
  }
}

void AdminSession::wake() {
  wake_.expires_at(asio::steady_timer::time_point::min());
}

std::function<void()> AdminSession::waker() {
  return [weak = weak_from_this(), executor = stream_.get_executor()] {
    asio::post(executor, [weak] {
      if (const auto self = weak.lock()) self->wake();
    });
  };
}

}  // namespace skiff
