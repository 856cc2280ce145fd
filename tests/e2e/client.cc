#include "tests/e2e/client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/optional.hpp>

namespace skiff::e2e {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

std::string Response::field(std::string_view name) const {
  std::string joined;
  for (const auto& [key, value] : fields) {
    if (!beast::iequals(beast::string_view(key.data(), key.size()),
                        beast::string_view(name.data(), name.size()))) {
      continue;
    }
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

struct Client::Impl {
  explicit Impl(std::chrono::milliseconds time) : patience(time) {}

  /// Runs one operation to its end or to its deadline.
  template <class Start>
  std::pair<beast::error_code, std::size_t> perform(Start start) {
    stream.expires_after(patience);
    std::pair<beast::error_code, std::size_t> outcome;
    start([&outcome](beast::error_code error, std::size_t bytes = 0) { outcome = {error, bytes}; });
    context.restart();
    context.run();
    return outcome;
  }
  template <class Start>
  void require(const char* what, Start start) {
    const auto [error, bytes] = perform(start);
    if (error) throw ClientError(std::string(what) + ": " + error.message());
  }

  const std::chrono::milliseconds patience;
  asio::io_context context;
  beast::tcp_stream stream{context};
  beast::flat_buffer buffer;
};

Client::Client(std::uint16_t port, std::chrono::milliseconds patience)
    : impl_(std::make_unique<Impl>(patience)) {
  const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), port);
  impl_->require("connect",
                 [&](auto handler) { impl_->stream.async_connect(server, std::move(handler)); });
  impl_->stream.socket().set_option(asio::ip::tcp::no_delay(true));
}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;

void Client::send(std::string_view bytes) {
  impl_->require("send", [&](auto handler) {
    asio::async_write(impl_->stream, asio::buffer(bytes), std::move(handler));
  });
}

Response Client::receive(Answers answers) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  parser.header_limit(1 << 20);
  parser.skip(answers == Answers::toHead);
  impl_->require("receive", [&](auto handler) {
    http::async_read(impl_->stream, impl_->buffer, parser, std::move(handler));
  });
  Response response;
  response.keepsConnection = parser.get().keep_alive();
  response.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    response.fields.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  response.body = std::move(parser.get().body());
  return response;
}

std::string Client::receiveBytes(std::size_t size) {
  if (const std::size_t here = impl_->buffer.size(); here < size) {
    auto space = impl_->buffer.prepare(size - here);
    impl_->require("receive", [&](auto handler) {
      asio::async_read(impl_->stream, asio::buffer(space), std::move(handler));
    });
    impl_->buffer.commit(size - here);
  }
  const auto bytes = impl_->buffer.data();
  std::string result(static_cast<const char*>(bytes.data()), size);
  impl_->buffer.consume(size);
  return result;
}

std::string Client::receiveUntil(std::string_view end) {
  for (;;) {
    const auto bytes = impl_->buffer.data();
    const std::string_view here(static_cast<const char*>(bytes.data()), bytes.size());
    if (const std::size_t at = here.find(end); at != std::string_view::npos) {
      return receiveBytes(at + end.size());
    }
    const auto [error, size] = impl_->perform([&](auto handler) {
      impl_->stream.async_read_some(impl_->buffer.prepare(4096), std::move(handler));
    });
    if (error) throw ClientError("receive: " + error.message());
    impl_->buffer.commit(size);
  }
}

bool Client::isClosed() {
  if (impl_->buffer.size() != 0) return false;
  char byte = 0;
  const auto [error, bytes] = impl_->perform([&](auto handler) {
    impl_->stream.async_read_some(asio::buffer(&byte, 1), std::move(handler));
  });
  return error && error != beast::error::timeout;
}

void Client::finishSending() {
  impl_->stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send);
}

void Client::reset() {
  impl_->stream.socket().set_option(asio::socket_base::linger(true, 0));
  impl_->stream.socket().close();
}

std::string request(std::string_view method, std::string_view host, std::string_view target,
                    std::string_view body, std::string_view moreFields) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host);
  text.append("\r\n").append(moreFields);
  if (!body.empty()) {
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  return text.append("\r\n").append(body);
}

Response get(std::uint16_t port, std::string_view host, std::string_view target) {
  return Client(port).ask(request("GET", host, target));
}

}  // namespace skiff::e2e
