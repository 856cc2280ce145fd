#include "server/http/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace skiff {
namespace {

constexpr std::size_t kLongestHost = 255;

/// By value, so that a host costs a look-up a byte.
constexpr auto kHostBytes = [] {
  std::array<bool, 256> bytes{};
  for (int c = 0; c < 256; ++c) {
    bytes[static_cast<std::size_t>(c)] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                         (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                                         c == '~' || c == '.';
  }
  return bytes;
}();

bool isHostByte(char c) {
  return kHostBytes[static_cast<unsigned char>(c)];
}

bool isRegisteredName(std::string_view name) {
  if (name.empty() || name.size() > kLongestHost || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), isHostByte) &&
         name.find("..") == std::string_view::npos;
}

bool isIpv6Literal(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> digits{};
  if (text.size() < 4 || text.size() - 2 >= digits.size()) return false;
  std::memcpy(digits.data(), text.data() + 1, text.size() - 2);
  in6_addr address;
  return std::strlen(digits.data()) == text.size() - 2 &&
         inet_pton(AF_INET6, digits.data(), &address) == 1;
}

bool isPort(std::string_view port) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && port.size() <= 5 &&
         number <= 65535;
}

}  // namespace

std::optional<Authority> parseAuthority(std::string_view text) {
  Authority authority;
  std::string_view rest;
  const bool isLiteral = text.starts_with('[');
  if (isLiteral) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    authority.host = text.substr(0, close + 1);
    rest = text.substr(close + 1);
  } else {
    authority.host = text.substr(0, text.find(':'));
    rest = text.substr(authority.host.size());
  }
  if (!rest.empty()) {
    if (rest.front() != ':') return std::nullopt;
    authority.port = rest.substr(1);
    // "host:" is allowed and means no port.
    if (!authority.port.empty() && !isPort(authority.port)) return std::nullopt;
  }
  if (isLiteral) {
    if (!isIpv6Literal(authority.host)) return std::nullopt;
    return authority;
  }
  if (!isRegisteredName(authority.host)) return std::nullopt;
  if (authority.host.ends_with('.')) authority.host.remove_suffix(1);
  return authority;
}

}  // namespace skiff
