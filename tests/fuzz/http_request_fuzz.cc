// Whatever a client sends, in one piece or in any others, is read to the same requests, and what is
// accepted keeps the promises that guests and the router rely on.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/server/http/http_replay.h"

namespace {

using Events = std::vector<std::string>;

/// The same, but for why the last is refused if one found too many fields before, or after, it came
/// to a mistake: that depends on the pieces.
bool areAlike(const Events& a, const Events& b) {
  if (a == b) return true;
  if (a.empty() || a.size() != b.size() || !std::equal(a.begin(), a.end() - 1, b.begin())) {
    return false;
  }
  const auto isTooLarge = [](const Events& events) {
    return events.back().starts_with("refused 431 ");
  };
  return a.back().starts_with("refused ") && b.back().starts_with("refused ") &&
         (isTooLarge(a) || isTooLarge(b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skiff;
  // Beyond, a limit may be met before or after a mistake, depending on the pieces.
  if (size > 4096) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = replayRequests(bytes);
  if (!areAlike(whole, replayRequests(bytes, {}, [] { return 1; }))) std::abort();
  std::mt19937 random(static_cast<unsigned>(size));
  if (!areAlike(whole, replayRequests(bytes, {}, [&] { return random() % 40; }))) std::abort();

  for (const std::string& event : whole) {
    if (!event.starts_with("head ")) continue;
    // No byte of a head can end a line of a log or of another message.
    const bool clean = std::all_of(event.begin(), event.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
    if (!clean) std::abort();
    const std::string_view target = std::string_view(event).substr(event.find(' ', 5) + 1);
    if (!target.starts_with('/') && !target.starts_with("* ")) std::abort();
  }
  return 0;
}
