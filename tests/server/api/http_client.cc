#include "tests/server/api/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cctype>

namespace skiff::testing {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

struct HttpConnection::Socket {
  asio::io_context context;
  tcp::socket socket{context};
  boost::beast::flat_buffer buffer;
};

HttpConnection::HttpConnection(std::uint16_t port) : socket_(std::make_unique<Socket>()) {
  socket_->socket.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port));
}

HttpConnection::~HttpConnection() = default;
HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;

bool HttpConnection::send(std::string_view bytes) {
  boost::system::error_code error;
  asio::write(socket_->socket, asio::buffer(bytes), error);
  return !error;
}

HttpAnswer HttpConnection::read(bool toHead) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  parser.skip(toHead);
  boost::system::error_code error;
  http::read(socket_->socket, socket_->buffer, parser, error);
  HttpAnswer answer;
  if (error && !parser.is_header_done()) return answer;
  answer.status = parser.get().result_int();
  answer.body = parser.get().body();
  for (const auto& field : parser.get()) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    answer.fields[name] = std::string(field.value());
  }
  return answer;
}

HttpAnswer HttpConnection::ask(std::string_view method, std::string_view target,
                               const HttpFields& fields, std::string_view body) {
  send(requestText(method, target, fields, body));
  return read(method == "HEAD");
}

std::string HttpConnection::readSome() {
  std::string piece(64 * 1024, '\0');
  boost::system::error_code error;
  const std::size_t size = socket_->socket.read_some(asio::buffer(piece), error);
  piece.resize(size);
  return piece;
}

bool HttpConnection::ended() {
  boost::system::error_code error;
  char byte;
  asio::read(socket_->socket, asio::buffer(&byte, 1), error);
  return error == asio::error::eof || error == asio::error::connection_reset;
}

std::string requestText(std::string_view method, std::string_view target, const HttpFields& fields,
                        std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  for (const auto& [name, value] : fields) text += name + ": " + value + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text.append("\r\n").append(body);
}

}  // namespace skiff::testing
