#include "cookies.h"

#include <string.h>

#include "http_handler.h"

enum { kMaxCookies = 8 * 1024 };

static char cookies[kMaxCookies + 1];

bool read_cookies(void) {
  const uint64_t found = http_get_header_values(HTTP_REQUEST_HEADERS, "cookie",
                                                HTTP_LENGTH("cookie"), cookies, kMaxCookies);
  const uint32_t length = http_low(found);
  if (length > kMaxCookies) return false;
  cookies[length] = '\0';
  // Several fields are one list (RFC 9113, section 8.2.3), and NUL stands between their values.
  for (uint32_t i = 0; i + 1 < length; ++i) {
    if (cookies[i] == '\0') cookies[i] = ';';
  }
  return true;
}

/* Moves on to the next "name=value"; its length, 0 at the end. */
static uint32_t next_pair(const char** at) {
  *at += strspn(*at, "; \t");
  return (uint32_t)strcspn(*at, ";");
}

static bool has_name(const char* pair, uint32_t length, const char* name) {
  const size_t name_length = strlen(name);
  return length > name_length && memcmp(pair, name, name_length) == 0 && pair[name_length] == '=';
}

const char* find_cookie(const char* name, uint32_t* length) {
  const char* at = cookies;
  for (uint32_t size; (size = next_pair(&at)) > 0; at += size) {
    if (!has_name(at, size, name)) continue;
    const char* value = at + strlen(name) + 1;
    *length = size - (uint32_t)(value - at);
    while (*length > 0 && (value[*length - 1] == ' ' || value[*length - 1] == '\t')) --*length;
    return value;
  }
  return NULL;
}

void hide_cookie(const char* name) {
  char kept[kMaxCookies + 1];
  uint32_t kept_length = 0;
  bool any = false;
  const char* at = cookies;
  for (uint32_t size; (size = next_pair(&at)) > 0; at += size) {
    if (has_name(at, size, name)) {
      any = true;
      continue;
    }
    // Never longer than what is read: at least one ";" stood before each pair but the first.
    if (kept_length > 0) kept[kept_length++] = ';';
    memcpy(kept + kept_length, at, size);
    kept_length += size;
  }
  if (!any) return;
  http_remove_header(HTTP_REQUEST_HEADERS, "cookie", HTTP_LENGTH("cookie"));
  if (kept_length > 0) {
    http_add_header_value(HTTP_REQUEST_HEADERS, "cookie", HTTP_LENGTH("cookie"), kept, kept_length);
  }
}
