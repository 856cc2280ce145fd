#pragma once

/* The field Range (RFC 9110, section 14). */

#include <stdint.h>

enum range_kind {
  RANGE_WHOLE,         /* answer all: no range, or one that need not be understood */
  RANGE_PART,          /* 206 with `first` to `last` */
  RANGE_UNSATISFIABLE, /* 416 */
};

struct byte_range {
  enum range_kind kind;
  uint64_t first, last; /* of RANGE_PART: both are included, and lie within the file */
};

/* Reads the field's value for a file of `size` bytes. Several ranges are answered with all of the
 * file, as a server may: what asks for many small parts costs the server most. */
struct byte_range read_byte_range(const char* value, uint64_t size);
