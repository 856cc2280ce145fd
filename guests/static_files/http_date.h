#pragma once

/* Dates in header fields (RFC 9110, section 5.6.7). */

#include <stdbool.h>
#include <stdint.h>

enum { kHttpDateSize = 30 }; /* "Sun, 06 Nov 1994 08:49:37 GMT" and NUL */

/* Seconds since 1970, UTC. Years beyond 9999 are written as the last second of 9999. */
void write_http_date(int64_t time, char out[kHttpDateSize]);

/* Reads the preferred form, IMF-fixdate, which every client of this century sends. False if `text`
 * is anything else; the obsolete forms are too, and a condition with one is then ignored. */
bool read_http_date(const char* text, int64_t* time);
