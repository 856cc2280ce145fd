#include "isolate/abi/cgi_response.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace skiff {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

/// Status = 3digit, then the end or a space and whatever reason (RFC 3875, 6.3.3).
std::optional<int> parseStatus(std::string_view value) {
  if (value.size() < 3 || !std::all_of(value.begin(), value.begin() + 3, isDigit)) {
    return std::nullopt;
  }
  if (value.size() > 3 && kBlanks.find(value[3]) == std::string_view::npos) return std::nullopt;
  const int status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
  if (status < 200 || status > 599) return std::nullopt;
  return status;
}

std::optional<std::uint64_t> parseLength(std::string_view value) {
  std::uint64_t length = 0;
  if (value.empty() || !std::all_of(value.begin(), value.end(), isDigit)) return std::nullopt;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  return length;
}

}  // namespace

std::size_t CgiResponse::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (state_ == State::head && taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t lineEnd = rest.find('\n');
    const bool complete = lineEnd != std::string_view::npos;
    const std::size_t size = complete ? lineEnd + 1 : rest.size();
    if (size > kMaxHead - headSize_) {
      fail("the CGI answer's header lines are longer than 64 KiB in all");
      break;
    }
    headSize_ += size;
    taken += size;
    if (!complete) {
      partialLine_ += rest;
      break;
    }
    std::string_view line = rest.substr(0, lineEnd);
    if (!partialLine_.empty()) {
      partialLine_ += line;
      line = partialLine_;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    takeLine(line);
    partialLine_.clear();
    if (state_ != State::failed) ++line_;
  }
  return taken;
}

void CgiResponse::takeLine(std::string_view line) {
  if (line.empty()) return endHead();
  if (fields_.size() >= kMaxFields) return fail("the CGI answer has more than 200 header fields");
  if (kBlanks.find(line.front()) != std::string_view::npos) {
    return fail("a header line of the CGI answer begins with a blank: lines cannot be folded");
  }
  if (line_ == 1 && line.starts_with("HTTP/")) {
    return fail(
        "the CGI answer begins with an HTTP status line: print 'Status: 200 OK' or nothing "
        "instead");
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return fail(line_ == 1
                    ? "the output is no CGI answer: it must start with header lines such as "
                      "'Content-Type: text/plain', then an empty line"
                    : "a header line of the CGI answer has no colon: an empty line must end the "
                      "header lines");
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!isHttpToken(name)) return fail("a header name of the CGI answer has a forbidden character");
  if (!isFieldValue(value)) return fail("a header value of the CGI answer has a control character");
  takeField(name, value);
}

void CgiResponse::takeField(std::string_view name, std::string_view value) {
  if (equalsIgnoringCase(name, "status")) {
    if (statusField_) return fail("the CGI answer has two Status fields");
    statusField_ = parseStatus(value);
    if (!statusField_) {
      return fail("the CGI answer's Status is not a number from 200 to 599 and a reason");
    }
    return;
  }
  if (equalsIgnoringCase(name, "content-length")) {
    if (contentLength_) return fail("the CGI answer has two Content-Length fields");
    contentLength_ = parseLength(value);
    if (!contentLength_) return fail("the CGI answer's Content-Length is not a number");
  } else if (equalsIgnoringCase(name, "location")) {
    if (hasLocation_) return fail("the CGI answer has two Location fields");
    if (value.empty()) return fail("the CGI answer's Location is empty");
    hasLocation_ = true;
  } else if (equalsIgnoringCase(name, "content-type")) {
    if (hasContentType_) return fail("the CGI answer has two Content-Type fields");
    hasContentType_ = true;
  } else if (equalsIgnoringCase(name, "connection")) {
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      connectionOptions_.emplace_back(trimmed(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  fields_.push_back({std::string(name), std::string(value)});
}

void CgiResponse::endHead() {
  if (!statusField_ && !hasLocation_ && !hasContentType_) {
    return fail(line_ == 1
                    ? "the CGI answer starts with an empty line: header lines such as "
                      "'Content-Type: text/plain' must come first"
                    : "the CGI answer has none of the header fields Content-Type, Location and "
                      "Status");
  }
  state_ = State::body;
}

void CgiResponse::fail(std::string_view error) {
  state_ = State::failed;
  error_ = error;
  fields_.clear();
}

std::string_view CgiResponse::errorAtEnd() const {
  if (headSize_ == 0) {
    return "the program printed nothing: a CGI answer starts with header lines such as "
           "'Content-Type: text/plain', then an empty line";
  }
  return "the CGI answer ends within its header lines: an empty line must follow them";
}

int CgiResponse::status() const {
  if (statusField_) return *statusField_;
  return hasLocation_ ? 302 : 200;
}

bool CgiResponse::isDropped(std::string_view name) const {
  static constexpr std::array<std::string_view, 8> kConnectionFields = {
      "connection", "keep-alive", "proxy-connection",  "te",
      "trailer",    "trailers",   "transfer-encoding", "upgrade"};
  const auto same = [name](std::string_view other) { return equalsIgnoringCase(name, other); };
  return std::any_of(kConnectionFields.begin(), kConnectionFields.end(), same) ||
         std::any_of(connectionOptions_.begin(), connectionOptions_.end(), same);
}

void CgiResponse::apply(ResponseHead& response) const {
  response.status = status();
  response.headers.clear();
  for (const Field& field : fields_) {
    if (!isDropped(field.name)) response.headers.add(field.name, field.value);
  }
}

}  // namespace skiff
