// A whole connection of HTTP/2, from its socket through the front end to guests and back: whatever
// a client sends, and however it is cut, what it gets are frames that a server may send; each
// request is answered once, or its stream is reset, or the connection ends; and nothing is left of
// it.
//
// The first byte chooses whether the client ends its side and how the rest is read, the second how
// the bytes are cut. The rest is sent behind the preface: as it is, or, so that what is changed
// stays a frame, as frames in a shorter form: type, flags, stream and length in a byte each, then
// the payload.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/http2_answers.h"
#include "tests/server/http/wire_server.h"

namespace skiff {
namespace {

constexpr std::size_t kLargest = 8'192;
constexpr std::size_t kMostPieces = 16;
constexpr std::size_t kLargeAnswer = 200'000;
/// Of an answer that is no body: its head, and frames that acknowledge.
constexpr std::size_t kSmallAnswer = 1'024;
constexpr std::chrono::milliseconds kEventPatience{20};

enum Options : std::uint8_t { kEnds = 1, kAsItIs = 2 };

/// As the path begins: never, at once, with much, or else once the body has been read.
void answer(HttpExchange& exchange) {
  const std::string_view target = exchange.request().target;
  if (target.starts_with("/never")) return;
  if (target.starts_with("/large")) return exchange.finishWith(std::string(kLargeAnswer, 'x'));
  if (target.starts_with("/fails")) return exchange.fail(Reason::badResponse);
  std::array<std::byte, 300> part;
  while (!target.starts_with("/ignores")) {
    const BodyRead read = exchange.readRequestBody(part);
    if (read.end) break;
    if (read.wouldBlock()) return exchange.waitFor(kWaitRequestBody);
  }
  exchange.finishWith("ok");
}

HttpLimits limits() {
  HttpLimits limits;
  limits.http2.cleartext = true;
  return limits;
}

std::string bytesToSend(std::string_view rest, bool asItIs) {
  std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  if (asItIs) return bytes.append(rest);
  while (rest.size() >= 4) {
    const std::size_t size =
        std::min<std::size_t>(static_cast<unsigned char>(rest[3]), rest.size() - 4);
    const char head[] = {0, 0, static_cast<char>(size), rest[0], rest[1], 0, 0, 0, rest[2]};
    bytes.append(head, sizeof head).append(rest.substr(4, size));
    rest.remove_prefix(4 + size);
  }
  return bytes;
}

void run(WireServer& server, std::string_view bytes, unsigned seed, std::size_t pieces, bool ends) {
  {
    WireSocket client = WireSocket::connect(server.port());
    server.turn(kEventPatience);
    std::mt19937 random(seed);
    std::string_view rest = bytes;
    for (std::size_t piece = 1; !rest.empty() && client.end() == WireSocket::End::open; ++piece) {
      const std::size_t size =
          piece >= pieces ? rest.size() : std::min<std::size_t>(rest.size(), 1 + random() % 80);
      rest.remove_prefix(client.send(rest.substr(0, size)));
      server.turn(kEventPatience);
      client.receive();
    }
    // Until nothing more comes of it.
    for (std::size_t before = SIZE_MAX; before != client.received().size();) {
      before = client.received().size();
      server.turn();
      client.receive();
    }
    const Http2Answers answers(bytes, client.received());
    const bool isOpen = client.end() == WireSocket::End::open;
    if (isOpen && answers.isCut()) std::abort();
    const std::size_t finished = server.takeSeen().size();
    if (finished + server.underWay() > answers.opened()) std::abort();
    if (isOpen && !answers.saysGoodbye() && finished > answers.settled()) std::abort();
    // Each byte may make the server say something, but not much.
    if (client.received().size() >
        answers.opened() * kLargeAnswer + (bytes.size() + 1) * kSmallAnswer) {
      std::abort();
    }
    if (ends) {
      client.finishSending();
      server.turn(kEventPatience);
      client.receive();
    }
  }
  if (!server.turnUntil([&] { return server.connections() == 0 && server.underWay() == 0; })) {
    std::abort();
  }
  server.takeSeen();
}

}  // namespace
}  // namespace skiff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skiff;
  static WireServer server(answer, limits());
  if (size < 2 || size > kLargest) return 0;
  const std::string bytes =
      bytesToSend(std::string_view(reinterpret_cast<const char*>(data) + 2, size - 2),
                  (data[0] & kAsItIs) != 0);
  const bool ends = (data[0] & kEnds) != 0;
  run(server, bytes, 0, 1, ends);
  run(server, bytes, data[1], kMostPieces, ends);
  return 0;
}
