// A whole connection, from its socket to the handler and back: whatever a client sends comes to the
// same end however it is cut, the handler is shown nothing unclean, and the client gets nothing but
// whole answers. The first byte chooses what the handler does and whether the client ends its side,
// the second how the bytes are cut; the rest is sent.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/server/http/wire_run.h"
#include "tests/server/http/wire_server.h"

namespace {

using skiff::WireRun;
using skiff::WireServer;

/// Beyond, a limit may be met before or after a mistake, depending on the pieces.
constexpr std::size_t kLargest = 4096;
constexpr std::size_t kMostPieces = 12;

struct Result {
  std::string outcome;
  std::string received;
};

Result run(WireServer& server, const std::vector<std::string_view>& pieces, bool ends) {
  WireRun connection(server);
  for (const std::string_view piece : pieces) {
    if (!connection.send(piece)) std::abort();
  }
  if (ends) connection.finishSending();
  std::string outcome = connection.outcome();
  return {outcome, connection.received()};
}

std::vector<std::string_view> cut(std::string_view bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::string_view> pieces;
  while (!bytes.empty()) {
    const bool isLast = pieces.size() + 1 == kMostPieces;
    const std::size_t size =
        isLast ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + random() % 60);
    pieces.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return pieces;
}

/// A client that waits for 100 may or may not be told to close, depending on whether its body came.
bool mayDiffer(std::string_view bytes) {
  std::string lower(bytes);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return lower.find("100-continue") != std::string::npos;
}

void check(const Result& result) {
  const std::size_t arrow = result.outcome.rfind("->");
  const std::string_view seen = std::string_view(result.outcome).substr(0, arrow);
  const std::string_view got = std::string_view(result.outcome).substr(arrow);
  if (got.find("nonsense") != got.npos) std::abort();
  if (got.find("cut") != got.npos && got.find("reset") == got.npos) std::abort();
  if (seen.starts_with("GET ") && seen.substr(4, 1) != "/") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static WireServer readingServer;
  static WireServer ignoringServer(WireServer::Handling::ignoresBody);
  if (size < 2 || size > kLargest) return 0;
  const bool reads = (data[0] & 1) == 0;
  const bool ends = (data[0] & 2) != 0;
  WireServer& server = reads ? readingServer : ignoringServer;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);

  const Result whole = run(server, {bytes}, ends);
  const Result pieces = run(server, cut(bytes, data[1]), ends);
  check(whole);
  check(pieces);
  // A client that ends its side may do so before or after an answer is under way.
  if (ends || (!reads && mayDiffer(bytes))) return 0;
  if (whole.outcome != pieces.outcome) std::abort();
  return 0;
}
