#pragma once

/* SHA-256 (FIPS 180-4). */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { kSha256Size = 32, kSha256Block = 64 };

struct sha256 {
  uint32_t state[8];
  uint64_t length; /* bytes so far */
  uint8_t block[kSha256Block];
};

void sha256_begin(struct sha256* hash);
void sha256_add(struct sha256* hash, const void* bytes, size_t size);
/* The hash of all that was added; `hash` has to be begun again afterwards. */
void sha256_end(struct sha256* hash, uint8_t digest[kSha256Size]);

#ifdef __cplusplus
}
#endif
