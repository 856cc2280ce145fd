#pragma once

/* Conditional requests (RFC 9110, section 13). */

#include <stdbool.h>
#include <stdint.h>

/* What a file's representation is known by. */
struct validators {
  char etag[48];    /* strong, with its quotes */
  int64_t modified; /* seconds since 1970 */
};

enum condition {
  CONDITION_PASSED,
  CONDITION_NOT_MODIFIED, /* 304 */
  CONDITION_FAILED,       /* 412 */
};

/* Looks at If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since, in that order. */
enum condition check_conditions(const struct validators* file);

/* Whether If-Range, if there is one, lets Range count. A date counts only if it is the very one. */
bool if_range_holds(const struct validators* file);
