#include "config/registry_name.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "config/printable.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestHost = 253;  // RFC 1035, section 2.3.4, in text form
constexpr std::size_t kLongestLabel = 63;  // the same section
constexpr std::size_t kLongestDigits = 5;  // of a port

bool isLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// REQUIRES: lower case.
bool isHostName(std::string_view host) {
  if (host.size() > kLongestHost) return false;
  for (;;) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty() || label.size() > kLongestLabel) return false;
    if (!isLetterOrDigit(label.front()) || !isLetterOrDigit(label.back())) return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return isLetterOrDigit(c) || c == '-'; })) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

/// Writes an IPv6 address back, since one address has many texts.
std::optional<std::string> canonicalIpv6(std::string_view host) {
  if (host.find('\0') != std::string_view::npos) return std::nullopt;
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) return std::nullopt;
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  return "[" + std::string(text.data()) + "]";
}

std::optional<std::string> parsePort(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end || port == 0 || text.size() > kLongestDigits) {
    return std::nullopt;
  }
  return std::to_string(port);
}

}  // namespace

Result<std::string> parseRegistryName(std::string_view text) {
  const auto refuse = [&](std::string_view what) {
    return Error{"a registry is HOST or HOST:PORT, such as \"ghcr.io\" or \"127.0.0.1:5000\"; " +
                 inQuotes(text) + " " + std::string(what)};
  };
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string_view rest = lower;
  std::string name;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    const auto address = canonicalIpv6(rest.substr(1, end == rest.npos ? end : end - 1));
    if (end == rest.npos || !address) return refuse("does not begin with an IPv6 address");
    name = *address;
    rest.remove_prefix(end + 1);
  } else {
    name = rest.substr(0, rest.find(':'));
    if (!isHostName(name)) return refuse("does not begin with the name or address of a host");
    rest.remove_prefix(name.size());
  }
  if (!rest.empty()) {
    const auto port = rest.front() == ':' ? parsePort(rest.substr(1)) : std::nullopt;
    if (!port) return refuse("does not end in a port from 1 to 65535");
    name += ":" + *port;
  }
  if (name == "index.docker.io") name = "docker.io";
  return Result<std::string>(boost::system::in_place_value, std::move(name));
}

}  // namespace skiff
