#include "deploy/oci/url.h"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

#include "config/url_text.h"

namespace skiff {
namespace {

namespace urls = boost::urls;

constexpr std::size_t kLongestUrl = 16 << 10;  // signed URLs of object stores take some 2 KiB
constexpr std::size_t kLongestHost = 253;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool isHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/// `text`: what `url` was parsed from.
std::optional<HttpUrl> fromParsed(const urls::url_view& url, const UrlText& text) {
  HttpUrl result;
  if (url.scheme_id() != urls::scheme::http && url.scheme_id() != urls::scheme::https) {
    return std::nullopt;
  }
  result.tls = url.scheme_id() == urls::scheme::https;
  if (!url.has_authority() || url.has_userinfo()) return std::nullopt;
  const auto address = url.encoded_host_address();
  result.host = text.host({address.data(), address.size()});
  std::transform(result.host.begin(), result.host.end(), result.host.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  // Percent signs and the like are legal in a URL's host, but no resolver or Host field takes them.
  if (url.host_type() == urls::host_type::ipvfuture || result.host.empty() ||
      result.host.size() > kLongestHost) {
    return std::nullopt;
  }
  if (url.host_type() != urls::host_type::ipv6 &&
      !std::all_of(result.host.begin(), result.host.end(), isHostCharacter)) {
    return std::nullopt;
  }
  result.port = result.tls ? kHttpsPort : kHttpPort;
  if (const auto digits = url.port(); !digits.empty()) {
    const char* const end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, result.port);
    if (error != std::errc{} || rest != end || result.port == 0) return std::nullopt;
  }
  const auto path = url.encoded_path();
  result.target.assign(path.data(), path.size());
  if (result.target.empty()) result.target = "/";
  // The parser takes "a:1,2/b" for the host "a", the port 1 and the path ",2/b".
  if (result.target.front() != '/') return std::nullopt;
  if (url.has_query()) {
    const auto query = url.encoded_query();
    result.target.append("?").append(query.data(), query.size());
  }
  return result;
}

}  // namespace

std::optional<HttpUrl> HttpUrl::parse(std::string_view text) {
  if (text.size() > kLongestUrl) return std::nullopt;
  const UrlText url(text);
  const auto parsed = urls::parse_uri({url.text().data(), url.text().size()});
  if (parsed.has_error()) return std::nullopt;
  return fromParsed(*parsed, url);
}

std::optional<HttpUrl> HttpUrl::resolve(std::string_view location) const {
  if (location.size() > kLongestUrl) return std::nullopt;
  const auto reference = urls::parse_uri_reference({location.data(), location.size()});
  if (reference.has_error()) return std::nullopt;
  if (reference->has_scheme()) return parse(location);
  const std::string scheme = tls ? "https:" : "http:";
  if (location.starts_with("//")) return parse(scheme + std::string(location));
  // Any host will do: it stays this one.
  const std::string own = scheme + "//h" + target;
  const auto base = urls::parse_uri({own.data(), own.size()});
  urls::url resolved;
  if (base.has_error() || urls::resolve(*base, *reference, resolved).has_error()) {
    return std::nullopt;
  }
  auto result = fromParsed(resolved, UrlText(own));
  if (result) {
    result->host = host;
    result->port = port;
  }
  return result;
}

std::string HttpUrl::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? kHttpsPort : kHttpPort)) text += ":" + std::to_string(port);
  return text;
}

void HttpUrl::addQuery(std::string_view key, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target.append(key).append("=");
  target += urls::encode({value.data(), value.size()}, urls::unreserved_chars);
}

std::string HttpUrl::text() const {
  return (tls ? "https://" : "http://") + authority() + target;
}

}  // namespace skiff
