// A guest's answer on its way to the client: whatever head, body and trailers it makes, in whatever
// order, the client gets one well-formed answer with one framing, or is cut off. The first byte
// chooses the request; the rest is a program of calls to the exchange.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "server/origin/response_parser.h"
#include "tests/server/http/wire_run.h"
#include "tests/server/http/wire_server.h"

namespace {

using namespace skiff;

constexpr std::array<std::string_view, 4> kRequests = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
};
constexpr std::array<std::string_view, 12> kNames = {"Content-Length",
                                                     "Transfer-Encoding",
                                                     "Connection",
                                                     "Trailer",
                                                     "Date",
                                                     "X",
                                                     "Set-Cookie",
                                                     "Upgrade",
                                                     "",
                                                     "bad name",
                                                     "Proxy-Connection",
                                                     "Keep-Alive"};

void require(bool holds) {
  if (!holds) std::abort();
}

class Program {
 public:
  explicit Program(std::string_view rest) : rest_(rest) {}
  bool ended() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  std::string_view text() {
    const std::size_t wanted = byte() & 63;
    const std::size_t size = std::min(wanted, rest_.size());
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  std::string_view name() {
    const std::uint8_t choice = byte();
    return choice < 200 ? kNames[choice % kNames.size()] : text();
  }

 private:
  std::string_view rest_;
};

/// Until the program ends or has the exchange finish.
void play(Program& program, HttpExchange& exchange) {
  std::string large;
  while (!program.ended()) {
    ResponseHead& head = exchange.response();
    switch (program.byte() % 13) {
      case 0:
        head.status = program.byte() * 3;
        break;
      case 1: {
        const auto name = program.name();
        head.headers.add(name, program.text());
        break;
      }
      case 2: {
        const auto name = program.name();
        head.headers.set(name, program.text());
        break;
      }
      case 3:
        head.headers.remove(program.name());
        break;
      case 4: {
        const auto text = program.text();
        exchange.writeResponseBody(std::as_bytes(std::span(text)));
        break;
      }
      case 5:
        exchange.flush();
        break;
      case 6:
        exchange.holdResponse((program.byte() & 1) != 0);
        break;
      case 7: {
        const auto name = program.name();
        head.trailers.add(name, program.text());
        break;
      }
      case 8:
        exchange.finish();
        return;
      case 9:
        if (exchange.responseCommitted()) break;
        exchange.finishWith(std::string(program.text()));
        return;
      case 10:
        exchange.fail(Reason::guestTrap, program.text());
        return;
      case 11:
        exchange.discardResponseBody();
        break;
      case 12:
        large.assign(program.byte() * 300, 'x');
        exchange.writeResponseBody(std::as_bytes(std::span(large)));
        break;
    }
  }
  exchange.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::string_view input;
  static WireServer server([](HttpExchange& exchange) {
    Program program(input);
    play(program, exchange);
  });
  if (size == 0 || size > 4096) return 0;
  input = std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view request = kRequests[data[0] % kRequests.size()];

  WireRun connection(server);
  require(connection.send(request));
  for (int i = 0; i < 20 && connection.end() == WireSocket::End::open; ++i) connection.outcome();
  const std::string_view bytes = connection.received();
  if (connection.end() == WireSocket::End::reset) return 0;

  std::pmr::monotonic_buffer_resource memory;
  HeaderList headers(memory);
  ByteQueue body(std::max<std::size_t>(bytes.size(), 1));
  const bool isHead = request.starts_with("HEAD");
  ResponseParser parser(headers, body, isHead ? ExpectBody::never : ExpectBody::byHead);
  const auto parsed = parser.parse(bytes);
  require(parsed.has_value());
  if (!parser.complete()) {
    // Without a length for HTTP/1.0, the end of the connection is the body's.
    require(connection.end() == WireSocket::End::closed && parser.finish().has_value());
  }
  require(parser.complete() && *parsed == bytes.size());
  return 0;
}
