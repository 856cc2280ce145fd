#pragma once

/* The request's cookies (RFC 6265). */

#include <stdbool.h>
#include <stdint.h>

/* Reads the fields Cookie, once per request. False if they are larger than 8 KiB. */
bool read_cookies(void);

/* The first cookie of that name: its value, not NUL-terminated, and its length. NULL if there is
 * none. */
const char* find_cookie(const char* name, uint32_t* length);

/* Takes all cookies of that name out of what the origin gets. */
void hide_cookie(const char* name);
