#pragma once

/* Single values of a request's header fields, and answers in few words, for guests in C. */

#include <string.h>

#include "http_handler.h"

enum {
  HTTP_FIELD_ABSENT = -1,
  HTTP_FIELD_UNUSABLE = -2, /* given more than once, or it does not fit */
};

/* Writes the one value of the request's field `name` to `value`, with a terminating NUL, and
 * answers its length (less than `limit`), or one of the above and an empty `value`. */
static inline int32_t http_request_field(const char* name, char* value, uint32_t limit) {
  const uint64_t found =
      http_get_header_values(HTTP_REQUEST_HEADERS, name, (uint32_t)strlen(name), value, limit);
  if (http_high(found) == 1 && http_low(found) <= limit) {
    return (int32_t)(http_low(found) - 1);
  }
  value[0] = '\0';
  return http_high(found) == 0 ? HTTP_FIELD_ABSENT : HTTP_FIELD_UNUSABLE;
}

/* Sets a field of the response; both are NUL-terminated. */
static inline void http_response_field(const char* name, const char* value) {
  http_set_header_value(HTTP_RESPONSE_HEADERS, name, (uint32_t)strlen(name), value,
                        (uint32_t)strlen(value));
}

static inline void http_write_text(const char* text) {
  http_write_body(HTTP_RESPONSE_BODY, text, (uint32_t)strlen(text));
}

/* Answers an error as RFC 9457 has it. The texts are literals without what JSON would escape. */
static inline void http_answer_problem(uint32_t status, const char* title, const char* detail) {
  const char digits[] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10),
                         (char)('0' + status % 10), '\0'};
  http_set_status_code(status);
  http_response_field("content-type", "application/problem+json");
  http_write_text("{\"title\":\"");
  http_write_text(title);
  http_write_text("\",\"status\":");
  http_write_text(digits);
  http_write_text(",\"detail\":\"");
  http_write_text(detail);
  http_write_text("\"}\n");
}
