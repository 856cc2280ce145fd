#include "router/route_pattern.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "router/host_name.h"

namespace skiff {
namespace {

// RFC 1035, 2.3.4: names of 253 characters in text form, labels of 63.
constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxPath = 4'096;
constexpr std::size_t kMaxShown = 120;

using Problem = std::optional<std::string>;

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isHexDigit(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool isLabelCharacter(char c) {
  return (c >= 'a' && c <= 'z') || isDigit(c) || c == '-' || c == '_';
}

/// Hostile text as it can be put into an error: printable, bounded, in quotes.
std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      result += c;
    } else {
      result += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  if (text.size() > kMaxShown) result += "...";
  return result + '"';
}

Problem checkLabel(std::string_view label) {
  if (label.empty()) return "its host has an empty label: two dots side by side, or one at an end";
  if (label.size() > kMaxLabel) {
    return "the label " + quoted(label) + " has more than 63 characters";
  }
  for (const char c : label) {
    if (c == '*') {
      return "'*' in a host stands for whole labels at the front: write \"*.example.com\", or "
             "\"*\" "
             "for any host";
    }
    if (c == ':') {
      return "a host has no port and no scheme: requests are matched with their port taken off, so "
             "write only the name (and an IPv6 address in brackets)";
    }
    if (static_cast<unsigned char>(c) >= 0x80) {
      return "the label " + quoted(label) + " is not ASCII: write it in its \"xn--\" form";
    }
    if (!isLabelCharacter(c)) {
      return "a host consists of letters, digits, '-', '_' and dots, and " + quoted({&c, 1}) +
             " is none of them";
    }
  }
  if (label.front() == '-' || label.back() == '-') {
    return "the label " + quoted(label) + " begins or ends with '-'";
  }
  return std::nullopt;
}

/// Whether a client would take this name for an IPv4 address: its last label is a number.
bool looksLikeIpv4(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  for (const char c : last) {
    if (!isDigit(c)) return false;
  }
  return !last.empty();
}

bool isIpv4(const std::string& host) {
  in_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

/// Checks a name that is already lower case.
Problem checkName(const std::string& host, RoutePattern::Host kind) {
  if (host.empty()) return "it has no host: write \"*\" for any";
  if (host.ends_with('.')) return "its host ends with a dot: leave it out, it is implied";
  if (host.size() > kMaxHost) return "its host has more than 253 characters";
  for (std::size_t begin = 0; begin <= host.size();) {
    const std::size_t end = std::min(host.find('.', begin), host.size());
    if (Problem problem = checkLabel(std::string_view(host).substr(begin, end - begin))) {
      return problem;
    }
    begin = end + 1;
  }
  if (!looksLikeIpv4(host)) return std::nullopt;
  if (kind == RoutePattern::Host::wildcard) return "an address cannot have a wildcard in front";
  if (!isIpv4(host)) return quoted(host) + " looks like an IPv4 address and is none";
  return std::nullopt;
}

Problem parseHost(std::string_view text, RoutePattern& pattern) {
  if (text == "*") {
    pattern.hostKind = RoutePattern::Host::any;
    return std::nullopt;
  }
  if (text.starts_with('[')) {
    HostName name;
    if (!name.assign(text)) {
      return quoted(text) + " is no IPv6 address in brackets (without a port and a zone)";
    }
    pattern.host = name.text();
    return std::nullopt;
  }
  if (text.starts_with("*.")) {
    pattern.hostKind = RoutePattern::Host::wildcard;
    text.remove_prefix(2);
  }
  for (const char c : text) {
    pattern.host += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return checkName(pattern.host, pattern.hostKind);
}

/// "." and "..", also with dots that are percent-encoded, which clients resolve all the same.
bool isDotSegment(std::string_view segment) {
  std::size_t dots = 0;
  while (!segment.empty()) {
    if (segment.front() == '.') {
      segment.remove_prefix(1);
    } else if (segment.starts_with("%2e") || segment.starts_with("%2E")) {
      segment.remove_prefix(3);
    } else {
      return false;
    }
    ++dots;
  }
  return dots == 1 || dots == 2;
}

Problem checkSegment(std::string_view segment) {
  if (isDotSegment(segment)) {
    return "its path has the segment " + quoted(segment) +
           ", which clients resolve before they send a request: write the resolved path";
  }
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const char c = segment[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '*') return "'*' in a path is allowed only as its last segment, as in \"/a/*\"";
    if (c == '?') return "a path has no query: routes do not look at it";
    if (c == '#') return "a path has no fragment: clients do not send it";
    if (byte <= 0x20 || byte >= 0x7f) {
      return "its path has the byte " + quoted({&c, 1}) + ", which must be percent-encoded";
    }
    if (c == '%' &&
        (segment.size() - i < 3 || !isHexDigit(segment[i + 1]) || !isHexDigit(segment[i + 2]))) {
      return "'%' in a path begins a percent-encoding: two hexadecimal digits must follow";
    }
  }
  return std::nullopt;
}

/// `text` begins with '/'.
Problem parsePath(std::string_view text, RoutePattern& pattern) {
  if (text.size() > kMaxPath) return "its path has more than 4096 characters";
  pattern.pathKind = RoutePattern::Path::exact;
  if (text.ends_with("/*")) {
    pattern.pathKind = RoutePattern::Path::prefix;
    text.remove_suffix(1);
  }
  pattern.path = text;
  for (std::size_t begin = 1; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    if (begin == end && end < text.size()) return "its path has an empty segment (\"//\")";
    if (Problem problem = checkSegment(text.substr(begin, end - begin))) return problem;
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace

Result<RoutePattern> RoutePattern::parse(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return Error{"route " + quoted(text) + ": " + std::string(why)};
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return refuse("it has no path: write \"host/*\" for everything on a host");
  }
  RoutePattern pattern;
  if (const Problem problem = parseHost(text.substr(0, slash), pattern)) return refuse(*problem);
  if (const Problem problem = parsePath(text.substr(slash), pattern)) return refuse(*problem);
  return pattern;
}

std::string RoutePattern::text() const {
  std::string result;
  if (hostKind == Host::any) result = "*";
  if (hostKind == Host::wildcard) result = "*.";
  result += host;
  result += path;
  if (pathKind == Path::prefix) result += '*';
  return result;
}

}  // namespace skiff
