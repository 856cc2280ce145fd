#include "config/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "config/printable.h"
#include "config/url_text.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestHost = 253;  // RFC 1035, section 2.3.4, in text form

/// Digits only, 0 to 65535.
std::optional<std::uint16_t> parsePort(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return port;
}

/// Parses a literal address and writes it back, since one address has many texts.
std::optional<std::string> canonicalHost(int family, std::string_view host) {
  // inet_pton() reads up to a NUL, which could hide the rest.
  if (host.find('\0') != std::string_view::npos) return std::nullopt;
  in6_addr address{};  // large enough for both families
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_pton(family, std::string(host).c_str(), &address) != 1) return std::nullopt;
  return ::inet_ntop(family, &address, text.data(), text.size());
}

bool isHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

Error originError(std::string_view text, std::string_view what) {
  return {"an origin is http://host or http://host:port, such as \"http://127.0.0.1:9000\"; " +
          inQuotes(text) + " " + std::string(what)};
}

}  // namespace

Result<ListenAddress> parseListenAddress(std::string_view text) {
  constexpr std::string_view kForm =
      R"(an address is IP:PORT, such as "127.0.0.1:8080", "[::1]:8080" or "0.0.0.0:80"; )";
  const auto refuse = [&](std::string_view what) {
    return Error{std::string(kForm) + inQuotes(text) + " " + std::string(what)};
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("has no port");
  std::string_view host = text.substr(0, colon);
  if (canonicalHost(AF_INET6, text) || canonicalHost(AF_INET6, host)) {
    return refuse("needs brackets around its IPv6 address");
  }
  const bool isV6 = host.starts_with('[') && host.ends_with(']');
  if (isV6) host = host.substr(1, host.size() - 2);
  const auto canonical = canonicalHost(isV6 ? AF_INET6 : AF_INET, host);
  if (!canonical) {
    return refuse(host.empty() ? "has no IP address" : "does not begin with a literal IP address");
  }
  const auto port = parsePort(text.substr(colon + 1));
  if (!port) return refuse("does not end in a port from 0 to 65535");
  return ListenAddress{*canonical, *port};
}

Result<std::string> parseOrigin(std::string_view text) {
  const UrlText urlText(text);
  const auto parsed = boost::urls::parse_uri({urlText.text().data(), urlText.text().size()});
  if (parsed.has_error()) return originError(text, "is not a URL");
  const boost::urls::url_view url = *parsed;
  if (url.scheme_id() != boost::urls::scheme::http) {
    return originError(text, "does not begin with http://, the only scheme an origin may have");
  }
  if (!url.has_authority()) return originError(text, "has no host");
  if (url.has_userinfo()) return originError(text, "has a user name; take it out");
  if (!url.encoded_path().empty() || url.has_query() || url.has_fragment()) {
    return originError(text, "goes on after its host and port; take that out");
  }
  const auto encodedHost = url.encoded_host();
  std::string host = urlText.host({encodedHost.data(), encodedHost.size()});
  std::transform(host.begin(), host.end(), host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool isV6 = url.host_type() == boost::urls::host_type::ipv6;
  // Percent signs and the like are legal in a URL's host, but no resolver or Host field takes them.
  if (!isV6 && (host.empty() || host.size() > kLongestHost ||
                !std::all_of(host.begin(), host.end(), isHostCharacter))) {
    return originError(text, "has no usable host name");
  }
  std::string origin = "http://" + host;
  if (url.has_port()) {
    const auto digits = url.port();
    const auto port = parsePort({digits.data(), digits.size()});
    if (!port || *port == 0) return originError(text, "has a port that is not from 1 to 65535");
    origin += ":" + std::to_string(*port);
  }
  // In place: Error can be made from a string as well.
  return Result<std::string>(boost::system::in_place_value, std::move(origin));
}

}  // namespace skiff
