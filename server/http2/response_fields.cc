#include "server/http2/response_fields.h"

#include <charconv>

#include "server/http/head_check.h"
#include "server/http/http_limits.h"
#include "server/http/server_timing.h"

namespace skiff {
namespace {

bool isTiming(const ServerTiming* timing, std::string_view name) {
  return timing != nullptr && equalsIgnoringCase(name, ServerTiming::kField);
}

template <std::size_t Size>
std::string_view write(std::array<char, Size>& into, std::uint64_t number) {
  const auto result = std::to_chars(into.data(), into.data() + into.size(), number);
  return {into.data(), static_cast<std::size_t>(result.ptr - into.data())};
}

}  // namespace

void ResponseFields::add(std::string_view name, std::string_view value) {
  fields_.push_back({name, value});
  size_ += name.size() + value.size();
}

std::optional<std::string_view> ResponseFields::makeHead(const ResponseHead& head,
                                                         const ResponsePlan& plan,
                                                         std::string_view date,
                                                         const ServerTiming* timing) {
  fields_.clear();
  size_ = 0;
  if (head.status < 200 || head.status > 599) return "the status is not within 200 to 599";
  add(":status", write(status_, static_cast<std::uint64_t>(head.status)));
  bool hasDate = false;
  for (const Header& field : head.headers) {
    if (!isHttpToken(field.name)) return "a header field's name is not a token";
    if (!isFieldValue(field.value)) return "a header field's value has a control character";
    if (isHopByHop(field.name) || equalsIgnoringCase(field.name, "Content-Length")) continue;
    if (isTiming(timing, field.name)) continue;
    if (field.name.size() == 4 && equalsIgnoringCase(field.name, "Date")) {
      if (hasDate) continue;
      hasDate = true;
    }
    if (plan.framing != ResponseFraming::chunked && equalsIgnoringCase(field.name, "Trailer")) {
      continue;
    }
    if (size_ + field.name.size() + field.value.size() > HttpLimits::kResponseHead) {
      return "the header fields are too large";
    }
    add(field.name, trimBlanks(field.value));
  }
  if (!hasDate) add("date", date);
  if (timing != nullptr) {
    timing_.clear();
    timing->write(timing_);
    add(ServerTiming::kField, timing_);
  }
  if (plan.contentLength) add("content-length", write(length_, *plan.contentLength));
  return std::nullopt;
}

void ResponseFields::makeTrailers(const HeaderList& trailers, const ServerTiming* timing) {
  fields_.clear();
  size_ = 0;
  for (const Header& field : trailers) {
    if (isForbiddenTrailer(field.name) || isTiming(timing, field.name)) continue;
    if (!isHttpToken(field.name) || !isFieldValue(field.value)) continue;
    add(field.name, trimBlanks(field.value));
  }
}

}  // namespace skiff
