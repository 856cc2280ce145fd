#include "byte_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

/* Reads digits and moves on behind them; beyond 64 bits the number stays at its greatest, which
 * lies behind the end of every file. False if there is no digit. */
static bool read_number(const char** text, uint64_t* number) {
  const char* at = *text;
  *number = 0;
  for (; *at >= '0' && *at <= '9'; ++at) {
    const uint64_t digit = (uint64_t)(*at - '0');
    *number = *number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *number * 10 + digit;
  }
  const bool any = at != *text;
  *text = at;
  return any;
}

struct byte_range read_byte_range(const char* value, uint64_t size) {
  const struct byte_range whole = {RANGE_WHOLE, 0, 0};
  const struct byte_range unsatisfiable = {RANGE_UNSATISFIABLE, 0, 0};
  if (strncasecmp(value, "bytes=", 6) != 0) return whole;
  const char* at = value + 6;

  uint64_t first, last;
  const bool has_first = read_number(&at, &first);
  if (*at++ != '-') return whole;
  const bool has_last = read_number(&at, &last);
  if (*at != '\0' || (!has_first && !has_last)) return whole;

  if (!has_first) {  // the last so many bytes
    if (last == 0 || size == 0) return unsatisfiable;
    return (struct byte_range){RANGE_PART, last < size ? size - last : 0, size - 1};
  }
  if (has_last && last < first) return whole;  // malformed
  if (first >= size) return unsatisfiable;
  return (struct byte_range){RANGE_PART, first, has_last && last < size ? last : size - 1};
}
