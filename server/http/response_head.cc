#include "server/http/response_head.h"

#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>

#include "server/http/head_check.h"
#include "server/http/http_limits.h"
#include "server/http/server_timing.h"

namespace skiff {
namespace {

constexpr int kNoContent = 204;
constexpr int kNotModified = 304;

bool isContentLength(std::string_view name) {
  return name.size() == 14 && equalsIgnoringCase(name, "Content-Length");
}

/// A field that only the server may write, where it does.
bool isTiming(const ServerTiming* timing, std::string_view name) {
  return timing != nullptr && equalsIgnoringCase(name, ServerTiming::kField);
}

/// The length that the guest announced, if it is one number.
std::optional<std::uint64_t> announcedLength(const HeaderList& headers) {
  std::optional<std::uint64_t> length;
  for (const Header& field : headers) {
    if (!isContentLength(field.name)) continue;
    std::uint64_t number = 0;
    const char* const last = field.value.data() + field.value.size();
    const auto [end, error] = std::from_chars(field.value.data(), last, number);
    if (error != std::errc() || end != last || (length && *length != number)) return std::nullopt;
    length = number;
  }
  return length;
}

void appendNumber(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), result.ptr);
}

void appendField(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view statusPhrase(int status) {
  namespace http = boost::beast::http;
  const http::status known = http::int_to_status(static_cast<unsigned>(status));
  if (known == http::status::unknown) return {};
  const auto phrase = http::obsolete_reason(known);
  return {phrase.data(), phrase.size()};
}

ResponsePlan planResponse(const ResponseHead& head, const ResponseContext& context) {
  ResponsePlan plan;
  plan.keepAlive = context.keepAlive;
  if (head.status == kNoContent) return plan;
  if (context.headOnly || head.status == kNotModified) {
    // What a GET would have been answered: the guest knows, or what it wrote tells.
    plan.contentLength = announcedLength(head.headers);
    if (!plan.contentLength && context.headOnly) plan.contentLength = context.bodySize;
    return plan;
  }
  plan.contentLength = context.bodySize ? context.bodySize : announcedLength(head.headers);
  if (plan.contentLength) {
    plan.framing = ResponseFraming::length;
  } else if (!context.version10) {
    plan.framing = ResponseFraming::chunked;
  } else {
    plan.framing = ResponseFraming::close;
    plan.keepAlive = false;
  }
  return plan;
}

std::optional<std::string_view> appendHead(std::string& out, const ResponseHead& head,
                                           const ResponsePlan& plan, bool version10,
                                           std::string_view date, const ServerTiming* timing) {
  if (head.status < 200 || head.status > 599) return "the status is not within 200 to 599";
  const std::size_t begin = out.size();
  out.append("HTTP/1.1 ");
  appendNumber(out, static_cast<std::uint64_t>(head.status));
  out.append(" ").append(statusPhrase(head.status)).append("\r\n");

  bool hasDate = false;
  for (const Header& field : head.headers) {
    if (!isHttpToken(field.name)) return "a header field's name is not a token";
    if (!isFieldValue(field.value)) return "a header field's value has a control character";
    if (isHopByHop(field.name) || isContentLength(field.name)) continue;
    if (isTiming(timing, field.name)) continue;
    if (field.name.size() == 4 && equalsIgnoringCase(field.name, "Date")) {
      if (hasDate) continue;
      hasDate = true;
    }
    if (plan.framing != ResponseFraming::chunked && equalsIgnoringCase(field.name, "Trailer")) {
      continue;
    }
    if (out.size() - begin + field.name.size() + field.value.size() > HttpLimits::kResponseHead) {
      return "the header fields are too large";
    }
    appendField(out, field.name, field.value);
  }
  if (!hasDate) appendField(out, "Date", date);
  if (timing != nullptr) {
    out.append(ServerTiming::kField).append(": ");
    timing->write(out);
    out.append("\r\n");
  }
  if (plan.contentLength) {
    out.append("Content-Length: ");
    appendNumber(out, *plan.contentLength);
    out.append("\r\n");
  }
  if (plan.framing == ResponseFraming::chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (!plan.keepAlive) {
    out.append("Connection: close\r\n");
  } else if (version10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  return std::nullopt;
}

void appendTrailers(std::string& out, const HeaderList& trailers, const ServerTiming* timing) {
  for (const Header& field : trailers) {
    if (isForbiddenTrailer(field.name) || isTiming(timing, field.name)) continue;
    if (!isHttpToken(field.name) || !isFieldValue(field.value)) continue;
    appendField(out, field.name, field.value);
  }
  out.append("\r\n");
}

}  // namespace skiff
