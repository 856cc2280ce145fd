#pragma once

/* From a request's target to a path below the site's root. */

#include <stdbool.h>
#include <stdint.h>

enum { kMaxSitePath = 1024 };

struct site_path {
  /* Decoded and normal: begins with "/", no empty, "." or ".." segment, NUL-terminated. */
  char text[kMaxSitePath];
  uint32_t length;
  bool is_folder; /* it ended with "/"; `text` does too */
};

/* Reads the target's part before "?". False if no file of a site can be meant: the escapes are
 * malformed, the path is too long, has control characters or backslashes, or a segment that begins
 * with a dot (hidden files and ".."), however it was encoded. */
bool read_site_path(const char* target, uint32_t length, struct site_path* path);

/* Writes the path, percent-encoded, to `out`, which has room for 3 * kMaxSitePath bytes, with a
 * terminating NUL. It begins with exactly one "/", so it never names another host. */
void encode_site_path(const struct site_path* path, char* out);
