#include "tests/e2e/load.h"

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/optional.hpp>
#include <cstdio>

namespace skiff::e2e {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using namespace asio::experimental::awaitable_operators;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReportedFailures = 5;
constexpr std::size_t kBlock = 64 << 10;

asio::ip::tcp::endpoint serverAt(std::uint16_t port) {
  return {asio::ip::address_v4::loopback(), port};
}

asio::awaitable<void> sendAll(beast::tcp_stream& stream, const std::string& bytes) {
  co_await asio::async_write(stream, asio::buffer(bytes), asio::use_awaitable);
}

/// Everything that the coroutines of one load share.
struct Load {
  const LoadPlan& plan;
  LoadResult result;
  std::mt19937 random{20240607};
  std::size_t running = 0;
  Clock::time_point begin = Clock::now();

  bool isOver() const {
    return (plan.duration && Clock::now() - begin >= *plan.duration) || (plan.stop && *plan.stop);
  }
  void fail(const std::string& why) {
    ++result.failures;
    if (result.firstFailures.size() < kReportedFailures) result.firstFailures.push_back(why);
  }
};

/// `text` without the end of the line that begins with, or holds, `varying`.
std::string withoutVarying(std::string text, const std::string& varying) {
  const std::size_t at = varying.empty() ? std::string::npos : text.find(varying);
  if (at == std::string::npos) return text;
  const std::size_t begin = at + varying.size();
  return text.erase(begin, text.find('\n', begin) - begin);
}

std::string difference(const ExpectedExchange& expected, int status, const std::string& body) {
  if (status != expected.status) {
    return expected.name + ": status " + std::to_string(status) + ", body: " + body.substr(0, 300);
  }
  if (body == expected.body) return {};
  if (std::find(expected.others.begin(), expected.others.end(), body) != expected.others.end()) {
    return {};
  }
  if (!expected.varying.empty() &&
      withoutVarying(body, expected.varying) == withoutVarying(expected.body, expected.varying)) {
    return {};
  }
  const auto [mine, its] =
      std::mismatch(expected.body.begin(), expected.body.end(), body.begin(), body.end());
  return expected.name + ": body of " + std::to_string(body.size()) + " bytes instead of " +
         std::to_string(expected.body.size()) + ", different from byte " +
         std::to_string(mine - expected.body.begin());
}

asio::awaitable<void> keepAsking(Load& load) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  beast::flat_buffer buffer;
  for (std::size_t i = 0; i < load.plan.requestsPerConnection && !load.isOver(); ++i) {
    const ExpectedExchange exchange = load.plan.next(load.random);
    try {
      stream.expires_after(kPatience);
      if (!stream.socket().is_open()) {
        buffer.clear();
        co_await stream.async_connect(serverAt(load.plan.port), asio::use_awaitable);
        stream.socket().set_option(asio::ip::tcp::no_delay(true));
      }
      const auto asked = Clock::now();
      http::response_parser<http::string_body> parser;
      parser.body_limit(boost::none);
      co_await (sendAll(stream, exchange.request) &&
                http::async_read(stream, buffer, parser, asio::use_awaitable));
      ++load.result.requests;
      load.result.slowest =
          std::max(load.result.slowest,
                   std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - asked));
      const std::string wrong =
          difference(exchange, static_cast<int>(parser.get().result_int()), parser.get().body());
      if (!wrong.empty()) load.fail(wrong);
      if (!parser.get().keep_alive()) stream.socket().close();
    } catch (const std::exception& error) {
      load.fail(exchange.name + ": " + error.what());
      if (stream.socket().is_open()) stream.socket().close();
    }
  }
  --load.running;
}

asio::awaitable<void> keepObserving(Load& load) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (load.running != 0) {
    load.plan.observe(
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - load.begin));
    timer.expires_after(load.plan.every);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

/// A body that sender and receiver make each for themselves, block by block.
class PatternBlocks {
 public:
  const std::string& next() {
    for (std::size_t at = 0; at < kBlock; at += sizeof(std::uint64_t)) {
      const std::uint64_t word = random_();
      std::copy_n(reinterpret_cast<const char*>(&word), sizeof word,
                  block_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return block_;
  }

 private:
  std::mt19937_64 random_{42};
  std::string block_ = std::string(kBlock, '\0');
};

asio::awaitable<void> sendPattern(beast::tcp_stream& stream, std::uint64_t bytes) {
  PatternBlocks blocks;
  char size[24];
  while (bytes != 0) {
    const std::string& block = blocks.next();
    const std::size_t now = std::min<std::uint64_t>(bytes, block.size());
    const int digits = std::snprintf(size, sizeof size, "%zx\r\n", now);
    const std::array<asio::const_buffer, 3> chunk{
        asio::buffer(size, static_cast<std::size_t>(digits)), asio::buffer(block, now),
        asio::buffer("\r\n", 2)};
    co_await asio::async_write(stream, chunk, asio::use_awaitable);
    bytes -= now;
  }
  co_await asio::async_write(stream, asio::buffer("0\r\n\r\n", 5), asio::use_awaitable);
}

asio::awaitable<void> receivePattern(beast::tcp_stream& stream, EchoResult& result,
                                     const std::function<void(std::uint64_t)>& progress) {
  PatternBlocks blocks;
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  co_await http::async_read_header(stream, buffer, parser, asio::use_awaitable);
  if (parser.get().result_int() != 200) {
    throw std::runtime_error("status " + std::to_string(parser.get().result_int()));
  }
  std::string bytes(kBlock, '\0');
  std::string_view expected;
  while (!parser.is_done()) {
    stream.expires_after(kPatience);
    parser.get().body().data = bytes.data();
    parser.get().body().size = bytes.size();
    boost::system::error_code error;
    co_await http::async_read_some(stream, buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
    if (error && error != http::error::need_buffer) throw boost::system::system_error(error);
    std::string_view here(bytes.data(), bytes.size() - parser.get().body().size);
    while (!here.empty()) {
      if (expected.empty()) expected = blocks.next();
      const std::size_t now = std::min(here.size(), expected.size());
      if (here.substr(0, now) != expected.substr(0, now)) {
        throw std::runtime_error("other bytes came back than were sent, after " +
                                 std::to_string(result.received));
      }
      here.remove_prefix(now);
      expected.remove_prefix(now);
      result.received += now;
    }
    if (progress) progress(result.received);
  }
}

asio::awaitable<void> echo(std::uint16_t port, const std::string& host, std::uint64_t bytes,
                           const std::function<void(std::uint64_t)>& progress, EchoResult& result) {
  try {
    beast::tcp_stream stream(co_await asio::this_coro::executor);
    stream.expires_after(kPatience);
    co_await stream.async_connect(serverAt(port), asio::use_awaitable);
    co_await sendAll(stream,
                     "POST / HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n");
    co_await (sendPattern(stream, bytes) && receivePattern(stream, result, progress));
    if (result.received != bytes) result.error = "the body ended early";
  } catch (const std::exception& error) {
    result.error = error.what();
  }
}

}  // namespace

LoadResult runLoad(const LoadPlan& plan) {
  asio::io_context context;
  Load load{plan, {}, std::mt19937{20240607}, 0, Clock::now()};
  for (std::size_t i = 0; i < plan.connections; ++i) {
    ++load.running;
    asio::co_spawn(context, keepAsking(load), asio::detached);
  }
  if (plan.observe) asio::co_spawn(context, keepObserving(load), asio::detached);
  context.run();
  return std::move(load.result);
}

EchoResult streamEcho(std::uint16_t port, const std::string& host, std::uint64_t bytes,
                      const std::function<void(std::uint64_t)>& progress) {
  asio::io_context context;
  EchoResult result;
  asio::co_spawn(context, echo(port, host, bytes, progress, result), asio::detached);
  context.run();
  return result;
}

}  // namespace skiff::e2e
