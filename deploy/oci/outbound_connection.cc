#include "deploy/oci/outbound_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>
#include <vector>

#include "config/private_address.h"

namespace skiff {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostAddresses = 8;

std::string secondsText(std::chrono::milliseconds time) {
  const auto text = std::to_string(time.count() / 1'000.0);
  return text.substr(0, text.find('.') + 2) + " s";
}

bool isPrivate(const asio::ip::address& address) {
  return address.is_v4() ? isPrivateIpv4(address.to_v4().to_uint())
                         : isPrivateIpv6(address.to_v6().to_bytes());
}

TransportError privateHost(const HttpUrl& url) {
  return {
      OciError::Kind::privateAddress,
      "is on this machine or on a network that is not public, which only an operator may reach; "
      "if it is meant, name it as [registry.\"" +
          url.authority() + "\"] in the configuration"};
}

}  // namespace

class OutboundConnection::Wire {
 public:
  Wire(ssl::context& context, bool tls, const PullLimits& limits)
      : stream_(io_, context), tls_(tls), limits_(limits) {}

  TransportResult<void> open(const HttpUrl& url, bool mayBePrivate, const PullPatience& patience);
  TransportResult<void> write(std::string_view bytes, const PullPatience& patience);
  TransportResult<std::size_t> read(std::span<std::byte> into, const PullPatience& patience);

 private:
  /// Starts an operation with a handler for its error, and runs it to its end. Fails if it ends for
  /// lack of patience; whatever else the operation came to is in `result`.
  template <class Start>
  TransportResult<void> run(const PullPatience& patience, std::chrono::milliseconds most,
                            error_code& result, Start start);
  TransportResult<tcp::resolver::results_type> resolve(const HttpUrl& url,
                                                       const PullPatience& patience);
  TransportResult<void> connect(const tcp::endpoint& endpoint, const PullPatience& patience);
  TransportResult<void> shakeHands(const HttpUrl& url, const PullPatience& patience);

  asio::io_context io_{1};
  tcp::resolver resolver_{io_};
  ssl::stream<tcp::socket> stream_;
  bool tls_;
  PullLimits limits_;
};

template <class Start>
TransportResult<void> OutboundConnection::Wire::run(const PullPatience& patience,
                                                    std::chrono::milliseconds most,
                                                    error_code& result, Start start) {
  const auto end = std::min(Clock::now() + most, patience.deadline);
  bool isDone = false;
  io_.restart();
  {
    const std::stop_callback wake(patience.stop, [this] { io_.stop(); });
    start([&](error_code error) {
      result = error;
      isDone = true;
    });
    io_.run_until(end);
  }
  if (isDone) return {};
  // The handler refers to this frame: it is waited for.
  error_code ignored;
  resolver_.cancel();
  stream_.next_layer().close(ignored);
  io_.restart();
  io_.run();
  if (patience.stop.stop_requested()) {
    return TransportError{OciError::Kind::cancelled, "was given up, as was asked for"};
  }
  if (Clock::now() >= patience.deadline) {
    return TransportError{OciError::Kind::unreachable, "took longer than the whole pull may"};
  }
  return TransportError{OciError::Kind::unreachable, "did nothing for " + secondsText(most), true};
}

TransportResult<tcp::resolver::results_type> OutboundConnection::Wire::resolve(
    const HttpUrl& url, const PullPatience& patience) {
  error_code error;
  tcp::resolver::results_type found;
  const auto ran = run(patience, limits_.connect, error, [&](auto done) {
    resolver_.async_resolve(url.host, std::to_string(url.port), tcp::resolver::numeric_service,
                            [&found, done](error_code failure, auto results) {
                              found = std::move(results);
                              done(failure);
                            });
  });
  if (ran.has_error()) return ran.error();
  if (error) {
    return TransportError{OciError::Kind::unreachable, "has no address: " + error.message(),
                          error == asio::error::host_not_found_try_again};
  }
  return found;
}

TransportResult<void> OutboundConnection::Wire::connect(const tcp::endpoint& endpoint,
                                                        const PullPatience& patience) {
  error_code error;
  auto ran = run(patience, limits_.connect, error, [&](auto done) {
    error_code ignored;
    stream_.next_layer().close(ignored);
    stream_.next_layer().async_connect(endpoint, done);
  });
  if (ran.has_value() && error) {
    return TransportError{OciError::Kind::unreachable, "cannot be connected to: " + error.message(),
                          true};
  }
  if (ran.has_value()) stream_.next_layer().set_option(tcp::no_delay(true), error);
  return ran;
}

TransportResult<void> OutboundConnection::Wire::shakeHands(const HttpUrl& url,
                                                           const PullPatience& patience) {
  SSL* const session = stream_.native_handle();
  error_code error;
  asio::ip::make_address(url.host, error);
  if (error) {
    SSL_set_tlsext_host_name(session, url.host.c_str());
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(session, url.host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), url.host.c_str());
  }
  error.clear();
  const auto ran = run(patience, limits_.connect, error,
                       [&](auto done) { stream_.async_handshake(ssl::stream_base::client, done); });
  if (ran.has_error() || !error) return ran;
  if (error.category() != asio::error::get_ssl_category()) {
    return TransportError{OciError::Kind::unreachable,
                          "broke off the TLS handshake: " + error.message(), true};
  }
  if (const long verdict = SSL_get_verify_result(session); verdict != X509_V_OK) {
    return TransportError{OciError::Kind::tls,
                          std::string("has a certificate that is not to be trusted: ") +
                              X509_verify_cert_error_string(verdict)};
  }
  return TransportError{OciError::Kind::tls, "cannot be spoken to by TLS: " + error.message()};
}

TransportResult<void> OutboundConnection::Wire::open(const HttpUrl& url, bool mayBePrivate,
                                                     const PullPatience& patience) {
  const auto addresses = resolve(url, patience);
  if (addresses.has_error()) return addresses.error();
  TransportResult<void> connected =
      TransportError{OciError::Kind::unreachable, "has no address", false};
  std::size_t tried = 0;
  for (const auto& entry : *addresses) {
    if (tried == kMostAddresses) break;
    // Of what is connected to, not of the name: that may lead elsewhere with each look.
    if (!mayBePrivate && isPrivate(entry.endpoint().address())) {
      if (tried == 0) connected = privateHost(url);
      continue;
    }
    ++tried;
    connected = connect(entry.endpoint(), patience);
    if (connected.has_value()) return tls_ ? shakeHands(url, patience) : connected;
    if (!connected.error().again) break;
  }
  return connected;
}

TransportResult<void> OutboundConnection::Wire::write(std::string_view bytes,
                                                      const PullPatience& patience) {
  error_code error;
  const asio::const_buffer buffer(bytes.data(), bytes.size());
  const auto ran = run(patience, limits_.stall, error, [&](auto done) {
    const auto handler = [done](error_code failure, std::size_t) { done(failure); };
    if (tls_) {
      asio::async_write(stream_, buffer, handler);
    } else {
      asio::async_write(stream_.next_layer(), buffer, handler);
    }
  });
  if (ran.has_value() && error) {
    return TransportError{OciError::Kind::unreachable, "broke the connection: " + error.message(),
                          true};
  }
  return ran;
}

TransportResult<std::size_t> OutboundConnection::Wire::read(std::span<std::byte> into,
                                                            const PullPatience& patience) {
  error_code error;
  std::size_t size = 0;
  const asio::mutable_buffer buffer(into.data(), into.size());
  const auto ran = run(patience, limits_.stall, error, [&](auto done) {
    const auto handler = [&size, done](error_code failure, std::size_t read) {
      size = read;
      done(failure);
    };
    if (tls_) {
      stream_.async_read_some(buffer, handler);
    } else {
      stream_.next_layer().async_read_some(buffer, handler);
    }
  });
  if (ran.has_error()) return ran.error();
  if (error == asio::error::eof || error == ssl::error::stream_truncated) return 0;
  if (error) {
    return TransportError{OciError::Kind::unreachable, "broke the connection: " + error.message(),
                          true};
  }
  return size;
}

OutboundConnection::OutboundConnection(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}

OutboundConnection::~OutboundConnection() = default;

TransportResult<std::unique_ptr<OutboundConnection>> OutboundConnection::open(
    const HttpUrl& url, bool mayBePrivate, const TlsTrust& trust, const PullLimits& limits,
    const PullPatience& patience) {
  auto wire = std::make_unique<Wire>(trust.context(), url.tls, limits);
  const auto opened = wire->open(url, mayBePrivate, patience);
  if (opened.has_error()) return opened.error();
  return std::unique_ptr<OutboundConnection>(new OutboundConnection(std::move(wire)));
}

TransportResult<void> OutboundConnection::write(std::string_view bytes,
                                                const PullPatience& patience) {
  return wire_->write(bytes, patience);
}

TransportResult<std::size_t> OutboundConnection::read(std::span<std::byte> into,
                                                      const PullPatience& patience) {
  return wire_->read(into, patience);
}

}  // namespace skiff
