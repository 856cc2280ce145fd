#include "conditions.h"

#include <string.h>

#include "http_date.h"
#include "http_field.h"

enum { kMaxField = 2048 };

/* Whether a list of entity tags has this one. `weakly`: W/ makes no difference. */
static bool lists_etag(const char* list, const char* etag, bool weakly) {
  const size_t length = strlen(etag);
  for (const char* at = list; *at != '\0';) {
    at += strspn(at, " \t,");
    if (*at == '*') return true;
    const bool is_weak = at[0] == 'W' && at[1] == '/';
    if (is_weak) at += 2;
    if (*at != '"') return false;  // no list of entity tags
    const char* end = strchr(at + 1, '"');
    if (end == NULL) return false;
    ++end;
    if ((size_t)(end - at) == length && memcmp(at, etag, length) == 0 && (weakly || !is_weak)) {
      return true;
    }
    at = end;
  }
  return false;
}

enum condition check_conditions(const struct validators* file) {
  char value[kMaxField];
  int64_t time;

  int32_t length = http_request_field("if-match", value, sizeof value);
  if (length != HTTP_FIELD_ABSENT) {
    if (!lists_etag(value, file->etag, false)) return CONDITION_FAILED;
  } else if (http_request_field("if-unmodified-since", value, sizeof value) > 0 &&
             read_http_date(value, &time) && file->modified > time) {
    return CONDITION_FAILED;
  }

  length = http_request_field("if-none-match", value, sizeof value);
  if (length != HTTP_FIELD_ABSENT) {
    return lists_etag(value, file->etag, true) ? CONDITION_NOT_MODIFIED : CONDITION_PASSED;
  }
  if (http_request_field("if-modified-since", value, sizeof value) > 0 &&
      read_http_date(value, &time) && file->modified <= time) {
    return CONDITION_NOT_MODIFIED;
  }
  return CONDITION_PASSED;
}

bool if_range_holds(const struct validators* file) {
  char value[kMaxField];
  const int32_t length = http_request_field("if-range", value, sizeof value);
  if (length == HTTP_FIELD_ABSENT) return true;
  if (length <= 0) return false;
  if (value[0] == '"') return strcmp(value, file->etag) == 0;
  int64_t time;
  return read_http_date(value, &time) && file->modified == time;
}
