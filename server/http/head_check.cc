#include "server/http/head_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "server/http/authority.h"
#include "server/http/path_check.h"

namespace skiff {
namespace {

Refusal bad(std::string_view detail) {
  return {Reason::badRequest, 400, detail};
}

std::string_view lowerCopy(HeaderList& memory, std::string_view text) {
  const bool isLower =
      std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (isLower) return text;
  std::string_view copy = memory.copy(text);
  // The copy is ours and not shared yet.
  for (char& c : std::span(const_cast<char*>(copy.data()), copy.size())) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return copy;
}

/// Calls `visit` with each element of a comma-separated list; false as soon as it returns false.
template <class Visit>
bool forEachElement(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view element = trimBlanks(list.substr(0, comma));
    if (!element.empty() && !visit(element)) return false;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return true;
}

/// The fields that decide how the message is read, gathered in one pass.
struct SpecialFields {
  std::string_view host;
  std::optional<std::string_view> expect;
  std::string_view contentLength;
  std::string_view transferEncoding;
  unsigned hosts = 0;
  unsigned contentLengths = 0;
  unsigned transferEncodings = 0;
  unsigned connections = 0;
  bool close = false;
  bool keepAlive = false;
  bool disguised = false;    ///< a field's name is another's with underscores
  bool namesFields = false;  ///< Connection names fields besides its own options
};

/// Letters of the longest name that is special.
constexpr std::size_t kLongestSpecial = 17;

enum class FieldKind : std::uint8_t {
  other,
  host,
  expect,
  contentLength,
  transferEncoding,
  connection,
  hopByHop,
};

FieldKind kindOf(std::string_view name) {
  const auto is = [name](std::string_view other) { return equalsIgnoringCase(name, other); };
  switch (name.size()) {
    case 2:
      return is("TE") ? FieldKind::hopByHop : FieldKind::other;
    case 4:
      return is("Host") ? FieldKind::host : FieldKind::other;
    case 6:
      return is("Expect") ? FieldKind::expect : FieldKind::other;
    case 7:
      return is("Upgrade") ? FieldKind::hopByHop : FieldKind::other;
    case 10:
      if (is("Connection")) return FieldKind::connection;
      return is("Keep-Alive") ? FieldKind::hopByHop : FieldKind::other;
    case 14:
      return is("Content-Length") ? FieldKind::contentLength : FieldKind::other;
    case 16:
      return is("Proxy-Connection") ? FieldKind::hopByHop : FieldKind::other;
    case 17:
      return is("Transfer-Encoding") ? FieldKind::transferEncoding : FieldKind::other;
    default:
      return FieldKind::other;
  }
}

/// Whether readers that turn dashes into underscores, as CGI does, would take the field for another
/// that decides how the message is read.
bool passesForSpecial(std::string_view name) {
  if (name.find('_') == name.npos || name.size() > kLongestSpecial) return false;
  std::array<char, kLongestSpecial> dashed;
  std::replace_copy(name.begin(), name.end(), dashed.begin(), '_', '-');
  return kindOf({dashed.data(), name.size()}) != FieldKind::other;
}

void readConnectionOptions(std::string_view value, SpecialFields& special) {
  ++special.connections;
  forEachElement(value, [&](std::string_view option) {
    if (equalsIgnoringCase(option, "close")) {
      special.close = true;
    } else if (equalsIgnoringCase(option, "keep-alive")) {
      special.keepAlive = true;
    } else if (kindOf(option) != FieldKind::hopByHop) {
      special.namesFields = true;
    }
    return true;
  });
}

/// Removes what Connection names. Host, the body's length and Expect are not an intermediary's to
/// remove, so naming them has no effect.
void removeNamedFields(const RequestParser& parser, std::string_view text, HeaderList& headers) {
  for (const RequestParser::Field& field : parser.fields()) {
    if (kindOf(field.name.in(text)) != FieldKind::connection) continue;
    forEachElement(field.value.in(text), [&](std::string_view option) {
      if (kindOf(option) == FieldKind::other) headers.remove(option);
      return true;
    });
  }
}

/// method SP target SP HTTP/1.x CRLF, and nothing before it but one empty line, which some clients
/// send after a body (RFC 9112, 2.2). llhttp lets more blanks and other protocols' names pass.
Refusal checkRequestLine(const RequestParser& parser, std::string_view text, bool& version10) {
  if (text.starts_with("\r\n")) text.remove_prefix(2);
  const std::string_view method = parser.method();
  if (!text.starts_with(method)) return bad("bytes before the request line");
  text.remove_prefix(method.size());
  const std::size_t targetLength = parser.target().length;
  if (text.size() < targetLength + 12 || text[0] != ' ' || text[1] == ' ') {
    return bad("the request line is not method, target and version with one space between");
  }
  const std::string_view version = text.substr(1 + targetLength, 11);
  if (version == " HTTP/1.1\r\n") {
    version10 = false;
  } else if (version == " HTTP/1.0\r\n") {
    version10 = true;
  } else if (version.starts_with(" HTTP/")) {
    if (version.substr(9) != "\r\n") {
      return bad("the request line is not method, target and version with one space between");
    }
    return {Reason::badRequest, 505, "only HTTP/1.1 and HTTP/1.0 are served"};
  } else {
    return bad("the request line does not end in a version of HTTP");
  }
  return {};
}

// What the bytes of a target may mean, so that one pass over it tells.
constexpr std::uint8_t kNoTargetByte = 1;
constexpr std::uint8_t kMayBeFault = 2;  ///< of a path: what every fault has
constexpr auto kTargetBytes = [] {
  std::array<std::uint8_t, 256> kinds{};
  for (int c = 0; c < 256; ++c) {
    // A fragment never goes over the wire; a backslash is a slash to some readers.
    const bool isAllowed = c > 0x20 && c < 0x7f && c != '#' && c != '\\';
    kinds[static_cast<std::size_t>(c)] = isAllowed ? 0 : kNoTargetByte;
  }
  kinds['.'] = kinds['%'] = kMayBeFault;
  return kinds;
}();

std::uint8_t kindsIn(std::string_view target) {
  std::uint8_t kinds = 0;
  for (const char c : target) kinds |= kTargetBytes[static_cast<unsigned char>(c)];
  return kinds;
}

Refusal checkPath(std::string_view target) {
  switch (findPathFault(target)) {
    case PathFault::none:
      return {};
    case PathFault::dotSegment:
      return bad("the path has the segment . or .., which clients resolve before they send it");
    case PathFault::encoding:
      return bad("the path has a percent-encoding that is malformed or that of NUL");
  }
  return {};
}

/// Finds path and authority in the target (RFC 9112, 3.2).
Refusal checkTarget(std::string_view target, Scheme scheme, RequestHead& head,
                    std::string_view& authority) {
  const std::uint8_t kinds = kindsIn(target);
  if ((kinds & kNoTargetByte) != 0) {
    return bad("the target has a byte that must be percent-encoded");
  }
  if (head.method == "CONNECT") return bad("CONNECT is not served");
  if (target.starts_with('/')) {
    head.target = target;
    return (kinds & kMayBeFault) != 0 ? checkPath(target) : Refusal{};
  }
  if (target == "*") {
    if (head.method != "OPTIONS") return bad("the target * goes with OPTIONS only");
    head.target = target;
    return {};
  }
  const std::string_view prefix = scheme == Scheme::http ? "http://" : "https://";
  if (target.size() <= prefix.size() ||
      !equalsIgnoringCase(target.substr(0, prefix.size()), prefix)) {
    return bad(scheme == Scheme::http ? "the target is neither a path nor an http URI"
                                      : "the target is neither a path nor an https URI");
  }
  const std::string_view rest = target.substr(prefix.size());
  authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.empty()) return bad("the target's host is empty");
  const std::string_view path = rest.substr(authority.size());
  if (path.empty()) {
    // An OPTIONS without a path asks about the server as a whole (RFC 9112, 3.2.4).
    head.target = head.method == "OPTIONS" ? "*" : "/";
  } else if (path.front() == '?') {
    std::string slash = "/";
    head.target = head.headers.copy(slash.append(path));
  } else {
    head.target = path;
  }
  return (kinds & kMayBeFault) != 0 ? checkPath(path) : Refusal{};
}

Refusal checkHost(const SpecialFields& special, std::string_view targetAuthority, bool mayLackHost,
                  RequestHead& head) {
  if (special.hosts > 1) return bad("the request has more than one Host");
  // HTTP/1.1 demands it also beside a target that names the host (RFC 9112, 3.2).
  if (special.hosts == 0 && (targetAuthority.empty() || !mayLackHost)) {
    return bad("the request has no Host");
  }
  std::optional<Authority> authority;
  if (special.hosts == 1) {
    authority = parseAuthority(special.host);
    if (!authority) return bad("the request's Host is not a host with an optional port");
  }
  if (!targetAuthority.empty()) {
    authority = parseAuthority(targetAuthority);
    if (!authority) return bad("the target's authority is not a host with an optional port");
    // The target's overrides, and whoever looks at Host later sees the same (RFC 9112, 3.2.2).
    head.headers.set("Host", targetAuthority);
  }
  head.host = lowerCopy(head.headers, authority->host);
  return {};
}

Refusal checkBody(const SpecialFields& special, RequestFraming& framing) {
  if (special.transferEncodings != 0) {
    if (special.contentLengths != 0) {
      return bad("the request has both Transfer-Encoding and Content-Length");
    }
    if (special.transferEncodings > 1)
      return bad("the request has several Transfer-Encoding fields");
    if (framing.version10) return bad("HTTP/1.0 has no Transfer-Encoding");
    if (!equalsIgnoringCase(special.transferEncoding, "chunked")) {
      if (special.transferEncoding.empty()) return bad("the Transfer-Encoding is empty");
      return {Reason::badRequest, 501, "the only transfer coding understood is chunked"};
    }
    framing.body = RequestFraming::Body::streamed;
    return {};
  }
  if (special.contentLengths == 0) return {};
  const std::string_view text = special.contentLength;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), framing.bodyLength);
  if (special.contentLengths > 1 || error != std::errc() || end != text.data() + text.size()) {
    return bad("the Content-Length is not one number");
  }
  framing.body = RequestFraming::Body::length;
  return {};
}

Refusal checkExpect(const SpecialFields& special, RequestFraming& framing) {
  // HTTP/1.0 knows no expectations and cannot be sent a 100 (RFC 9110, 10.1.1).
  if (!special.expect || framing.version10) return {};
  if (!equalsIgnoringCase(*special.expect, "100-continue")) {
    return {Reason::badRequest, 417, "the only expectation that can be met is 100-continue"};
  }
  framing.expectsContinue = framing.body != RequestFraming::Body::none;
  return {};
}

}  // namespace

std::string_view trimBlanks(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

bool isHopByHop(std::string_view name) {
  const FieldKind kind = kindOf(name);
  return kind == FieldKind::hopByHop || kind == FieldKind::connection ||
         kind == FieldKind::transferEncoding;
}

bool isForbiddenTrailer(std::string_view name) {
  const FieldKind kind = kindOf(name);
  return kind != FieldKind::other || equalsIgnoringCase(name, "Trailer");
}

namespace {

/// Notes a field, and shows it to guests unless it ends here.
void takeField(std::string_view name, std::string_view value, SpecialFields& special,
               RequestHead& head) {
  switch (kindOf(name)) {
    case FieldKind::host:
      ++special.hosts;
      special.host = value;
      break;
    case FieldKind::expect:
      // A second one can only make it an unknown expectation.
      special.expect = special.expect ? "several" : value;
      break;
    case FieldKind::contentLength:
      ++special.contentLengths;
      special.contentLength = value;
      break;
    case FieldKind::transferEncoding:
      ++special.transferEncodings;
      special.transferEncoding = value;
      return;
    case FieldKind::connection:
      readConnectionOptions(value, special);
      return;
    case FieldKind::hopByHop:
      return;
    case FieldKind::other:
      special.disguised = special.disguised || passesForSpecial(name);
      break;
  }
  head.headers.addReference(name, value);
}

/// The parts of Cookie, which HTTP/2 lets come apart, as the one field that others know (RFC
/// 9113, 8.2.3).
void joinCookies(HeaderList& headers) {
  std::string joined;
  unsigned count = 0;
  for (const Header& field : headers) {
    if (!equalsIgnoringCase(field.name, "cookie")) continue;
    if (count++ != 0) joined += "; ";
    joined += field.value;
  }
  if (count > 1) headers.set("cookie", joined);
}

}  // namespace

Refusal checkHead(const RequestParser& parser, std::string_view text, Scheme scheme,
                  RequestHead& head, RequestFraming& framing) {
  if (const Refusal refusal = checkRequestLine(parser, text, framing.version10)) return refusal;
  head.method = parser.method();
  head.protocol = framing.version10 ? "HTTP/1.0" : "HTTP/1.1";

  SpecialFields special;
  // Room for a few more that the guest or we may add.
  head.headers.reserve(parser.fields().size() + 4);
  for (const RequestParser::Field& field : parser.fields()) {
    takeField(field.name.in(text), trimBlanks(field.value.in(text)), special, head);
  }
  if (special.disguised) return bad("a field's name is another's with underscores");

  std::string_view authority;
  if (const Refusal refusal = checkTarget(parser.target().in(text), scheme, head, authority))
    return refusal;
  if (const Refusal refusal = checkHost(special, authority, framing.version10, head)) {
    return refusal;
  }
  if (const Refusal refusal = checkBody(special, framing)) return refusal;
  if (const Refusal refusal = checkExpect(special, framing)) return refusal;
  if (special.namesFields) removeNamedFields(parser, text, head.headers);
  if (scheme == Scheme::https) head.headers.set("X-Forwarded-Proto", "https");
  framing.keepAlive = !special.close && (!framing.version10 || special.keepAlive);
  return {};
}

Refusal checkHead(const Http2Head& from, Scheme scheme, RequestHead& head,
                  RequestFraming& framing) {
  if (!isHttpToken(from.method)) return bad("the method is not a token");
  if (!isKnownMethod(from.method)) {
    return {Reason::badRequest, 501, "the request's method is not known"};
  }
  head.method = from.method;
  head.protocol = "HTTP/2.0";

  SpecialFields special;
  head.headers.reserve(from.fields.size() + 5);
  for (const Header& field : from.fields) {
    if (!isHttpToken(field.name)) return bad("a header field's name is not a token");
    if (!isFieldValue(field.value)) return bad("a header field's value has a control character");
    takeField(field.name, trimBlanks(field.value), special, head);
  }
  if (special.disguised) return bad("a field's name is another's with underscores");
  if (special.connections != 0 || special.transferEncodings != 0) {
    return bad("the request has a field that belongs to a connection of HTTP/1.1");
  }
  if (from.method == "CONNECT") return bad("CONNECT is not served");
  if (from.scheme != (scheme == Scheme::http ? "http" : "https")) {
    return bad("the request's scheme is not that of its connection");
  }
  std::string_view authority;
  if (!from.path.starts_with('/') && from.path != "*") return bad("the path does not begin with /");
  if (const Refusal refusal = checkTarget(from.path, scheme, head, authority)) return refusal;
  if (special.hosts == 1 && !from.authority.empty() &&
      !equalsIgnoringCase(special.host, from.authority)) {
    return bad("the request's Host is another than its authority");
  }
  if (const Refusal refusal = checkHost(special, from.authority, true, head)) return refusal;
  if (const Refusal refusal = checkBody(special, framing)) return refusal;
  if (from.ended) {
    if (framing.bodyLength != 0) return bad("the body is shorter than its Content-Length");
    framing.body = RequestFraming::Body::none;
  } else if (framing.body == RequestFraming::Body::none) {
    framing.body = RequestFraming::Body::streamed;
  }
  if (const Refusal refusal = checkExpect(special, framing)) return refusal;
  joinCookies(head.headers);
  if (scheme == Scheme::https) head.headers.set("X-Forwarded-Proto", "https");
  return {};
}

}  // namespace skiff
