// A client, a front end that forwards, and an origin: whatever both send, the origin is sent whole
// requests that can be read in one way only, those that the client's bytes hold, in their order;
// and the client gets whole answers or is cut off. The first byte says who ends the connection, the
// second how both are cut, the third and fourth how much is the client's; the rest is the origin's.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/server/http/http_replay.h"
#include "tests/server/http/origin_wire.h"
#include "tests/server/http/wire_run.h"

namespace {

using namespace skiff;

constexpr std::size_t kLargest = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Send>
void sendInPieces(std::string_view bytes, std::mt19937& random, Send send) {
  for (int pieces = 1; !bytes.empty(); ++pieces) {
    const std::size_t size =
        pieces == 6 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + random() % 200);
    send(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
}

/// "GET /a" of "head GET /a host fields…".
std::string methodAndTarget(const std::string& event) {
  const std::size_t method = event.find(' ') + 1;
  return event.substr(method, event.find(' ', event.find(' ', method) + 1) - method);
}

std::vector<std::string> headsIn(const std::vector<std::string>& events) {
  std::vector<std::string> heads;
  for (const std::string& event : events) {
    if (event.starts_with("head ")) heads.push_back(methodAndTarget(event));
  }
  return heads;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4 || size > kLargest) return 0;
  const std::size_t rest = size - 4;
  const std::size_t clientSize = std::min<std::size_t>(rest, data[2] | data[3] << 8);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 4, rest);
  const std::string_view clientBytes = bytes.substr(0, clientSize);
  std::mt19937 random(data[1]);

  OriginWire wire;
  sendInPieces(clientBytes, random, [&](std::string_view piece) { wire.sendFromClient(piece); });
  sendInPieces(bytes.substr(clientSize), random,
               [&](std::string_view piece) { wire.sendFromOrigin(piece); });
  if ((data[0] & 1) != 0) wire.endOrigin();
  if ((data[0] & 2) != 0) wire.endClient();

  std::vector<std::string> forwarded;
  for (const std::string& sent : wire.origins()) {
    const auto events = replayRequests(sent);
    for (const std::string& event : events) require(!event.starts_with("refused "));
    const auto heads = headsIn(events);
    forwarded.insert(forwarded.end(), heads.begin(), heads.end());
  }
  // One may have been sent twice: on a kept connection that was closed, and on a new one.
  forwarded.erase(std::unique(forwarded.begin(), forwarded.end()), forwarded.end());
  auto asked = headsIn(replayRequests(clientBytes));
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  require(forwarded.size() <= asked.size());
  require(std::equal(forwarded.begin(), forwarded.end(), asked.begin()));

  const std::string statuses = statusesIn(wire.client());
  require(statuses.find("nonsense") == std::string::npos);
  return 0;
}
