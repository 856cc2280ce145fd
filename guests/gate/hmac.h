#pragma once

/* HMAC (RFC 2104) with SHA-256. */

#include <stdbool.h>

#include "sha256.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A key made ready: what hashing its two pads leaves. */
struct hmac_key {
  struct sha256 inner, outer;
};

void hmac_prepare(struct hmac_key* key, const void* secret, size_t size);
void hmac(const struct hmac_key* key, const void* message, size_t size, uint8_t code[kSha256Size]);

/* Compares in the same time wherever the first difference lies. */
bool hmac_equal(const uint8_t* one, const uint8_t* other);

#ifdef __cplusplus
}
#endif
