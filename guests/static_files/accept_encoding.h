#pragma once

#include <stdbool.h>

/* Whether a value of Accept-Encoding (RFC 9110, section 12.5.3) allows gzip: it or "*" is named,
 * with a weight that is not zero. */
bool allows_gzip(const char* accept_encoding);
