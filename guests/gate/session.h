#pragma once

/* A session: who someone is and until when, signed. Its text, a cookie's value, is
 * "NAME.EXPIRY.CODE": seconds since 1970, and the HMAC in hexadecimal of what stands before. */

#include <stdint.h>

#include "settings.h"

enum { kSessionSize = kMaxName + 1 + 20 + 1 + 2 * kSha256Size + 1 };

void write_session(const struct user* user, int64_t expiry, char out[kSessionSize]);

/* Whose session that is; NULL if it is malformed, signed by anyone else, over, or of a user who is
 * none any more. */
const struct user* read_session(const char* text, uint32_t length, int64_t now);
