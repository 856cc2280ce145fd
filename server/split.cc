#include "server/split.h"

#include <algorithm>
#include <numeric>

#include "isolate/exchange.h"

namespace skiff {
namespace {

constexpr std::uint64_t kCircle = std::uint64_t{1} << 32;

/// FNV-1a with a last mix: the same on every host, so that a key stays with its version wherever
/// its requests arrive.
std::uint32_t placeOfKey(std::string_view key) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : key) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93;
  return static_cast<std::uint32_t>(hash >> 32);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t end = text.find_last_not_of(" \t");
  return end == std::string_view::npos ? std::string_view() : text.substr(begin, end + 1 - begin);
}

/// RFC 6265, section 4.2.1; of several cookies of that name, the first.
std::optional<std::string_view> cookieValue(const HeaderList& headers, std::string_view name) {
  for (const Header& field : headers) {
    if (!equalsIgnoringCase(field.name, "cookie")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = trimmed(rest.substr(0, end));
      const std::size_t equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
        return pair.substr(equals + 1);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return std::nullopt;
}

}  // namespace

Split::Split(std::vector<std::uint32_t> weights, StickyKey sticky) : sticky_(std::move(sticky)) {
  const std::uint64_t sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  std::uint64_t before = 0;
  for (const std::uint32_t weight : weights) {
    before += weight;
    // Rounded each from the sum, so that the last part ends where the circle does.
    ends_.push_back(sum == 0 ? 0 : before * kCircle / sum);
  }
}

std::size_t Split::at(std::uint32_t place) const {
  const auto found = std::upper_bound(ends_.begin(), ends_.end(), place);
  return found == ends_.end() ? 0 : static_cast<std::size_t>(found - ends_.begin());
}

std::optional<std::uint32_t> Split::placeOf(const RequestHead& request,
                                            std::string_view address) const {
  std::optional<std::string_view> key;
  switch (sticky_.kind) {
    case StickyKey::Kind::none:
      break;
    case StickyKey::Kind::cookie:
      key = cookieValue(request.headers, sticky_.name);
      break;
    case StickyKey::Kind::header:
      if (const std::string_view* value = request.headers.find(sticky_.name)) key = *value;
      break;
    case StickyKey::Kind::ip:
      // Without its port, which another connection of the client does not have.
      key = address.substr(0, address.rfind(':'));
      break;
  }
  if (!key) return std::nullopt;
  return placeOfKey(*key);
}

}  // namespace skiff
