#pragma once

/* Media types by file name. */

#include <stdbool.h>

struct content_type {
  const char* text;     /* the field's value */
  bool is_compressible; /* there may be a .gz beside the file */
};

/* By the extension of the path's last segment, in any case; application/octet-stream if it is not
 * known or there is none. */
struct content_type content_type_of(const char* path);
