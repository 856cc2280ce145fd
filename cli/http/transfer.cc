#include "cli/http/transfer.h"

#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <span>

#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kPiece = std::size_t{64} << 10;
constexpr std::size_t kSlowest = std::size_t{16} << 10;  // bytes a second
constexpr auto kWithoutLimit = std::chrono::hours(24 * 365);

/// One question and its answer over a connection.
struct Exchange {
  const AdminAddress& address;
  const Request& request;
  const TransferLimits& limits;
  const TransferHooks& hooks;
  Clock::time_point deadline;

  Error cannotConnect(const error_code& error) const {
    std::string message = "cannot connect to " + address.url() + ": " + error.message() + ". ";
    if (error == asio::error::connection_refused) {
      message += "Is skiffd running, and is this its [admin] listen address? ";
    }
    return Error{message + "Another address is given by --admin URL or SKIFF_ADMIN."};
  }
  Error noAnswer(const error_code& error) const {
    std::string message = "no usable answer from " + address.url() + request.target + ": ";
    if (error == beast::error::timeout) {
      return Error{message + "it took too long. Is the daemon stuck? Its log may tell."};
    }
    if (isAboutClient(error)) return Error{message + error.message() + ". " + clientHint()};
    return Error{message + error.message() + ". Is this skiffd's [admin] listen address?"};
  }

  /// Whether it is the daemon that refuses what the client has shown, or has not.
  static bool isAboutClient(const error_code& error) {
    if (error.category() != asio::error::get_ssl_category()) return false;
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    return reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
           reason == SSL_R_TLSV1_ALERT_UNKNOWN_CA || reason == SSL_R_TLSV1_ALERT_DECRYPT_ERROR ||
           reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE ||
           reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE ||
           reason == SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED ||
           reason == SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN ||
           reason == SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE;
  }
  std::string clientHint() const {
    return address.tls.certificate.empty()
               ? "The daemon asks for a certificate of yours: --cert FILE --key FILE, or "
                 "SKIFF_CERT "
                 "and SKIFF_KEY."
               : "The daemon does not take the certificate " + inQuotes(address.tls.certificate) +
                     ": is it one that its [admin] client_ca vouches for, and valid?";
  }
  Error handshakeFailed(const error_code& error, long verdict) const {
    if (error == beast::error::timeout) return cannotConnect(error);
    std::string message = "cannot connect to " + address.url() + ": ";
    if (verdict == X509_V_OK) {
      message += error.message() + ". ";
      return Error{message + (isAboutClient(error)
                                  ? clientHint()
                                  : "Does it speak HTTPS? If not, name it by http://.")};
    }
    message += "its certificate cannot be trusted: ";
    message += X509_verify_cert_error_string(verdict);
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      return Error{message +
                   ". Name the daemon by a host that its certificate is for, or have the "
                   "certificate made for this one."};
    }
    if (verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID) {
      return Error{message +
                   ". Have the daemon's [admin] certificate renewed, or set this "
                   "machine's clock."};
    }
    return Error{
        message + ". Name who vouches for it: --ca FILE or SKIFF_CA" +
        (address.tls.ca.empty() ? "." : "; " + inQuotes(address.tls.ca) + " does not hold that.")};
  }

  http::request<http::empty_body> head() const {
    http::request<http::empty_body> head;
    head.version(11);
    head.method_string(request.method);
    head.target(request.target);
    head.set(http::field::host, address.authority());
    head.set(http::field::user_agent, "skiff/" SKIFF_VERSION);
    head.set(http::field::connection, "close");
    if (!request.token.empty()) head.set(http::field::authorization, "Bearer " + request.token);
    for (const auto& [name, value] : request.fields) head.set(name, value);
    if (!request.contentType.empty()) head.set(http::field::content_type, request.contentType);
    if (!request.contentType.empty() || request.method != "GET") {
      head.content_length(request.body.size());
    }
    return head;
  }
};

void setDeadline(auto& stream, Clock::time_point deadline) {
  beast::get_lowest_layer(stream).expires_at(deadline);
}

template <class Stream>
asio::awaitable<error_code> send(Exchange& exchange, Stream& stream) {
  auto head = exchange.head();
  http::request_serializer<http::empty_body> serializer(head);
  auto [headError, written] = co_await http::async_write_header(stream, serializer, kAwait);
  if (headError) co_return headError;
  const std::string& body = exchange.request.body;
  for (std::size_t sent = 0; sent < body.size();) {
    const auto piece = asio::buffer(body.data() + sent, std::min(kPiece, body.size() - sent));
    const auto [error, size] = co_await asio::async_write(stream, piece, kAwait);
    if (error) co_return error;
    sent += size;
    if (exchange.hooks.onSent) exchange.hooks.onSent(sent);
  }
  co_return error_code{};
}

/// Hands on the events of an answer whose head was read.
template <class Stream>
asio::awaitable<Result<Reply>> follow(Exchange& exchange, Stream& stream,
                                      beast::flat_buffer& buffer,
                                      http::response_parser<http::buffer_body>& parser,
                                      Reply reply) {
  parser.body_limit(boost::none);  // the reader has bounds of its own
  SseReader reader;
  std::array<char, kPiece> piece{};
  while (!parser.is_done()) {
    const auto silence = exchange.limits.silence;
    setDeadline(stream, Clock::now() + (silence.count() > 0 ? silence : kWithoutLimit));
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    const auto [error, size] = co_await http::async_read_some(stream, buffer, parser, kAwait);
    if (error && error != http::error::need_buffer) co_return exchange.noAnswer(error);
    const std::size_t got = piece.size() - parser.get().body().size;
    const auto goesOn = reader.feed({piece.data(), got}, exchange.hooks.onEvent);
    if (!goesOn) {
      co_return Error{"no usable answer from " + exchange.address.url() + exchange.request.target +
                      ": " + goesOn.error().message + "."};
    }
    if (!*goesOn) break;
  }
  co_return reply;
}

template <class Stream>
asio::awaitable<Result<Reply>> receive(Exchange& exchange, Stream& stream) {
  beast::flat_buffer buffer(kPiece);
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(exchange.limits.body);
  const auto [headError, headSize] =
      co_await http::async_read_header(stream, buffer, parser, kAwait);
  if (headError) co_return exchange.noAnswer(headError);

  const auto& head = parser.get();
  Reply reply{.status = head.result_int(),
              .contentType = std::string(head[http::field::content_type]),
              .etag = std::string(head[http::field::etag]),
              .body = {}};
  if (exchange.hooks.onEvent && reply.status == 200 &&
      reply.contentType.starts_with("text/event-stream")) {
    co_return co_await follow(exchange, stream, buffer, parser, std::move(reply));
  }
  http::response_parser<http::string_body> whole(std::move(parser));
  const auto [error, size] = co_await http::async_read(stream, buffer, whole, kAwait);
  if (error) co_return exchange.noAnswer(error);
  reply.body = std::move(whole.get().body());
  co_return reply;
}

template <class Stream>
asio::awaitable<Result<Reply>> converse(Exchange& exchange, Stream& stream) {
  const error_code sendError = co_await send(exchange, stream);
  // A daemon that refuses a large body answers before it has read it all.
  auto reply = co_await receive(exchange, stream);
  if (!reply && sendError && sendError != beast::error::timeout) {
    co_return exchange.noAnswer(sendError);
  }
  co_return reply;
}

/// The error is of the file that cannot be used.
Result<void> useFiles(asio::ssl::context& context, const TlsFiles& files) {
  error_code error;
  const auto failure = [&](std::string_view option, const std::string& file) {
    return Error{std::string(option) + " " + inQuotes(file) +
                 " cannot be used: " + error.message() + ". It should be a file in PEM."};
  };
  // Nobody is asked for a password.
  context.set_password_callback([](std::size_t, auto) { return std::string(); }, error);
  if (files.ca.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(files.ca, error);
    if (error) return failure("--ca", files.ca);
  }
  if (files.certificate.empty()) return {};
  context.use_certificate_chain_file(files.certificate, error);
  if (error) return failure("--cert", files.certificate);
  const std::string& key = files.key.empty() ? files.certificate : files.key;
  context.use_private_key_file(key, asio::ssl::context::pem, error);
  if (error) return failure("--key", key);
  return {};
}

/// The certificate must be for this host; only names are told to the daemon (RFC 6066, 3).
bool expectHost(SSL* ssl, const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (!error) return X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(expected, host.c_str(), 0) == 1 &&
         SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

asio::awaitable<Result<Reply>> converseEncrypted(Exchange& exchange, beast::tcp_stream plain) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  if (const auto used = useFiles(context, exchange.address.tls); !used) co_return used.error();
  beast::ssl_stream<beast::tcp_stream> stream(std::move(plain), context);
  error_code error;
  stream.set_verify_mode(asio::ssl::verify_peer, error);
  if (error || !expectHost(stream.native_handle(), exchange.address.host)) {
    co_return Error{"TLS cannot be set up for " + exchange.address.url()};
  }
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (failed) {
    co_return exchange.handshakeFailed(failed, SSL_get_verify_result(stream.native_handle()));
  }
  co_return co_await converse(exchange, stream);
}

asio::awaitable<Result<Reply>> run(Exchange& exchange) {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [resolveError, endpoints] = co_await resolver.async_resolve(
      exchange.address.host, std::to_string(exchange.address.port), kAwait);
  if (resolveError) co_return exchange.cannotConnect(resolveError);

  beast::tcp_stream stream(co_await asio::this_coro::executor);
  setDeadline(stream, exchange.deadline);
  const auto [connectError, endpoint] = co_await stream.async_connect(endpoints, kAwait);
  if (connectError) co_return exchange.cannotConnect(connectError);
  error_code ignored;
  stream.socket().set_option(tcp::no_delay(true), ignored);
  // So that following a log ends when the other machine is gone.
  stream.socket().set_option(asio::socket_base::keep_alive(true), ignored);
  if (exchange.address.isEncrypted) {
    co_return co_await converseEncrypted(exchange, std::move(stream));
  }
  co_return co_await converse(exchange, stream);
}

}  // namespace

Result<Reply> transfer(const AdminAddress& address, const Request& request,
                       const TransferLimits& limits, const TransferHooks& hooks) {
  const std::chrono::seconds sending(request.body.size() / kSlowest);
  Exchange exchange{address, request, limits, hooks, Clock::now() + limits.timeout + sending};
  asio::io_context context(1);
  auto reply = asio::co_spawn(context, run(exchange), asio::use_future);
  context.run();
  return reply.get();
}

}  // namespace skiff::cli
