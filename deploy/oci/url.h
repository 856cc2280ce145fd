#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skiff {

/// An http or https URL in the form in which it is asked for.
struct HttpUrl {
  bool tls = true;
  std::string host;  ///< in lower case, without brackets
  std::uint16_t port = 443;
  std::string target = "/";  ///< path and query (RFC 9112, section 3.2.1)

  /// Nothing if `text` is no such URL, has a user name, or is longer than 16 KiB. A fragment is
  /// dropped.
  static std::optional<HttpUrl> parse(std::string_view text);
  /// What a Location field stands for in an answer from this URL (RFC 3986, section 5).
  std::optional<HttpUrl> resolve(std::string_view location) const;

  /// "host" or "host:port", as the Host field says it and people write it.
  std::string authority() const;
  bool isSameOrigin(const HttpUrl& other) const {
    return tls == other.tls && host == other.host && port == other.port;
  }
  /// With `key`=`value` appended to the query, percent-encoded.
  void addQuery(std::string_view key, std::string_view value);
  std::string text() const;
};

}  // namespace skiff
