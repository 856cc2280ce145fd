#include "request.h"

#include <strings.h>

#include <algorithm>

#include "http_field.h"
#include "http_url.h"

namespace api {

std::string Request::queryValue(const char* name) const {
  char value[256];
  const int32_t length = http_query_value(query.c_str(), name, value, sizeof value);
  return length > 0 ? std::string(value, static_cast<std::size_t>(length)) : std::string();
}

bool readRequest(Request& request) {
  char method[32];
  std::string target(kMaxTarget, '\0');
  const uint32_t methodLength = http_get_method(method, sizeof method);
  const uint32_t length = http_get_uri(target.data(), kMaxTarget);
  request.method.assign(method, methodLength <= sizeof method ? methodLength : 0);
  if (length > kMaxTarget) return false;
  target.resize(length);
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string::npos) request.query = target.substr(mark + 1);
  return true;
}

bool hasJsonBody() {
  char type[128];
  http_request_field("content-type", type, sizeof type);
  const std::size_t length = std::strcspn(type, "; \t");
  constexpr std::string_view kJson = "application/json";
  return length == kJson.size() && ::strncasecmp(type, kJson.data(), length) == 0;
}

bool readBody(std::string& body) {
  // Grows with what comes: memory that is not touched need not be made pristine again.
  body.resize(2048);
  std::size_t size = 0;
  for (;;) {
    const uint64_t part = http_read_body(HTTP_REQUEST_BODY, body.data() + size,
                                         static_cast<uint32_t>(body.size() - size));
    size += http_low(part);
    if (http_high(part) != 0) break;
    if (size > kMaxBody) return false;
    if (size == body.size()) body.resize(std::min(2 * size, kMaxBody + 1));
  }
  body.resize(size);
  return size <= kMaxBody;
}

bool decodeSegment(std::string_view segment, std::string& decoded) {
  decoded.resize(segment.size());
  const int32_t size = http_percent_decode(segment.data(), static_cast<uint32_t>(segment.size()),
                                           decoded.data(), HTTP_PLUS_IS_PLUS);
  if (size < 0) return false;
  decoded.resize(static_cast<std::size_t>(size));
  return true;
}

}  // namespace api
