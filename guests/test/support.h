#pragma once

/* What the test guests share: numbers from the query, numbers as the answer. */

#include "http_handler.h"

/* The number after `key` and "=" in the query, or `fallback`. */
static inline uint32_t query_number(const char* key, uint32_t fallback) {
  static char uri[4096];
  const uint32_t length = http_get_uri(uri, sizeof uri - 1);
  if (length >= sizeof uri) return fallback;
  uri[length] = '\0';

  const char* at = uri;
  while (*at != '\0' && *at != '?') ++at;
  while (*at != '\0') {
    ++at; /* over "?" or "&" */
    const char* wanted = key;
    while (*wanted != '\0' && *at == *wanted) ++at, ++wanted;
    if (*wanted == '\0' && *at == '=') {
      uint32_t number = 0;
      for (++at; *at >= '0' && *at <= '9'; ++at) number = number * 10 + (uint32_t)(*at - '0');
      return number;
    }
    while (*at != '\0' && *at != '&') ++at;
  }
  return fallback;
}

static inline void answer(const char* text, uint32_t length) {
  HTTP_SET_HEADER(HTTP_RESPONSE_HEADERS, "content-type", "text/plain");
  http_write_body(HTTP_RESPONSE_BODY, text, length);
}

/* The answer is `number` in decimal and a newline. */
static inline void answer_number(uint32_t number) {
  char text[11];
  uint32_t begin = sizeof text;
  text[--begin] = '\n';
  do {
    text[--begin] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  answer(text + begin, sizeof text - begin);
}
