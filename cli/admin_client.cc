#include "cli/admin_client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/url.hpp>

namespace skiff {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

Error cannotConnect(const AdminAddress& address, const error_code& error) {
  std::string message = "cannot connect to " + address.url() + ": " + error.message() + ". ";
  if (error == asio::error::connection_refused) {
    message += "Is skiffd running, and is this its [admin] listen address? ";
  }
  return Error{message + "Another address is given by --admin URL or SKIFF_ADMIN."};
}

Error noAnswer(const AdminAddress& address, std::string_view path, const error_code& error) {
  std::string message = "no usable answer from " + address.url() + std::string(path) + ": ";
  if (error == beast::error::timeout) {
    return Error{message + "it took too long. Is the daemon stuck? Its log may tell."};
  }
  return Error{message + error.message() + ". Is this skiffd's [admin] listen address?"};
}

asio::awaitable<Result<AdminReply>> get(AdminAddress address, std::string path,
                                        AdminClientLimits limits) {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [resolveError, endpoints] =
      co_await resolver.async_resolve(address.host, std::to_string(address.port), kAwait);
  if (resolveError) co_return cannotConnect(address, resolveError);

  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_after(limits.timeout);
  const auto [connectError, endpoint] = co_await stream.async_connect(endpoints, kAwait);
  if (connectError) co_return cannotConnect(address, connectError);

  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, address.url().substr(std::string_view("http://").size()));
  request.set(http::field::user_agent, "skiff/" SKIFF_VERSION);
  request.set(http::field::connection, "close");
  const auto [writeError, written] = co_await http::async_write(stream, request, kAwait);
  if (writeError) co_return noAnswer(address, path, writeError);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(limits.body);
  const auto [readError, read] = co_await http::async_read(stream, buffer, parser, kAwait);
  if (readError) co_return noAnswer(address, path, readError);
  co_return AdminReply{.status = parser.get().result_int(), .body = std::move(parser.get().body())};
}

}  // namespace

Result<AdminAddress> AdminAddress::parse(std::string_view text) {
  const auto invalid = [&](std::string_view why) {
    return Error{"\"" + std::string(text) + "\" is not an admin address: " + std::string(why) +
                 "; it looks like http://127.0.0.1:9090"};
  };
  const std::string withScheme =
      (text.find("://") == text.npos ? "http://" : "") + std::string(text);
  const auto url = boost::urls::parse_uri(withScheme);
  if (!url) return invalid("it is no URL");
  if (url->scheme_id() == boost::urls::scheme::https) {
    return invalid("the admin listener speaks plain HTTP");
  }
  if (url->scheme_id() != boost::urls::scheme::http) return invalid("its scheme is not http");
  if (url->has_userinfo() || url->has_query() || url->has_fragment() ||
      (!url->encoded_path().empty() && url->encoded_path() != "/")) {
    return invalid("it has more than a host and a port");
  }
  AdminAddress address;
  address.host = url->host_address();
  if (address.host.empty()) return invalid("it has no host");
  if (url->has_port() && !url->port().empty()) {
    if (url->port_number() == 0) return invalid("its port is not between 1 and 65535");
    address.port = url->port_number();
  }
  return address;
}

std::string AdminAddress::url() const {
  const bool isV6 = host.find(':') != host.npos;
  return "http://" + (isV6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<AdminReply> getFromAdmin(const AdminAddress& address, std::string_view path,
                                AdminClientLimits limits) {
  asio::io_context context(1);
  auto reply = asio::co_spawn(context, get(address, std::string(path), limits), asio::use_future);
  context.run();
  return reply.get();
}

}  // namespace skiff
