#include "hmac.h"

#include <string.h>

static void begin_with_pad(struct sha256* hash, const uint8_t* key, uint8_t mask) {
  uint8_t pad[kSha256Block];
  for (int i = 0; i < kSha256Block; ++i) pad[i] = key[i] ^ mask;
  sha256_begin(hash);
  sha256_add(hash, pad, sizeof pad);
}

void hmac_prepare(struct hmac_key* key, const void* secret, size_t size) {
  uint8_t block[kSha256Block] = {0};
  if (size > sizeof block) {  // long keys are hashed first
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, secret, size);
    sha256_end(&hash, block);
  } else {
    memcpy(block, secret, size);
  }
  begin_with_pad(&key->inner, block, 0x36);
  begin_with_pad(&key->outer, block, 0x5c);
}

void hmac(const struct hmac_key* key, const void* message, size_t size, uint8_t code[kSha256Size]) {
  struct sha256 hash = key->inner;
  sha256_add(&hash, message, size);
  sha256_end(&hash, code);
  hash = key->outer;
  sha256_add(&hash, code, kSha256Size);
  sha256_end(&hash, code);
}

bool hmac_equal(const uint8_t* one, const uint8_t* other) {
  uint8_t difference = 0;
  for (int i = 0; i < kSha256Size; ++i) difference |= one[i] ^ other[i];
  return difference == 0;
}
