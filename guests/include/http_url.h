#pragma once

/* Percent-encoding (RFC 3986, section 2.1) and query fields, for guests in C. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { HTTP_URL_INVALID = -1, HTTP_URL_ABSENT = -2 };

/* What "+" stands for: a space in form fields, itself in a path. */
enum http_plus { HTTP_PLUS_IS_PLUS, HTTP_PLUS_IS_SPACE };

static inline int http_hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = (char)(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Decodes `length` bytes into `out`, which may be `text` itself; the result is never longer.
 * Answers its length, or HTTP_URL_INVALID if "%" is not followed by two hexadecimal digits, or for
 * NUL. */
static inline int32_t http_percent_decode(const char* text, uint32_t length, char* out,
                                          enum http_plus plus) {
  uint32_t size = 0;
  for (uint32_t i = 0; i < length; ++i) {
    char byte = text[i];
    if (byte == '%') {
      if (length - i < 3) return HTTP_URL_INVALID;
      const int high = http_hex_digit(text[i + 1]), low = http_hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return HTTP_URL_INVALID;
      byte = (char)(high * 16 + low);
      i += 2;
    } else if (byte == '+' && plus == HTTP_PLUS_IS_SPACE) {
      byte = ' ';
    }
    if (byte == '\0') return HTTP_URL_INVALID;
    out[size++] = byte;
  }
  return (int32_t)size;
}

/* Finds the first field `name` of a query or form ("a=1&b=2", NUL-terminated) and writes its
 * decoded value to `value` with a terminating NUL. Answers its length; HTTP_URL_ABSENT if there is
 * none; and HTTP_URL_INVALID if it does not fit `limit` or is not well encoded. `value` is empty
 * then. */
static inline int32_t http_query_value(const char* query, const char* name, char* value,
                                       uint32_t limit) {
  const size_t name_length = strlen(name);
  value[0] = '\0';
  for (const char* field = query; *field != '\0';) {
    const size_t length = strcspn(field, "&");
    if (length > name_length && memcmp(field, name, name_length) == 0 &&
        field[name_length] == '=') {
      const size_t encoded = length - name_length - 1;
      if (encoded >= limit) return HTTP_URL_INVALID;
      const int32_t size = http_percent_decode(field + name_length + 1, (uint32_t)encoded, value,
                                               HTTP_PLUS_IS_SPACE);
      value[size < 0 ? 0 : size] = '\0';
      return size;
    }
    field += length;
    if (*field == '&') ++field;
  }
  return HTTP_URL_ABSENT;
}
