#include "sha256.h"

#include <string.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, int count) {
  return word >> count | word << (32 - count);
}

static uint32_t read_word(const uint8_t* bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void write_word(uint8_t* bytes, uint32_t word) {
  for (int i = 0; i < 4; ++i) bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static void add_block(uint32_t state[8], const uint8_t* block) {
  uint32_t words[64];
  for (int i = 0; i < 16; ++i) words[i] = read_word(block + 4 * i);
  for (int i = 16; i < 64; ++i) {
    const uint32_t w2 = words[i - 2], w15 = words[i - 15];
    words[i] = (rotate(w2, 17) ^ rotate(w2, 19) ^ w2 >> 10) + words[i - 7] +
               (rotate(w15, 7) ^ rotate(w15, 18) ^ w15 >> 3) + words[i - 16];
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; ++i) {
    const uint32_t sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const uint32_t temporary1 = h + sum1 + ((e & f) ^ (~e & g)) + kRounds[i] + words[i];
    const uint32_t sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const uint32_t temporary2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + temporary1;
    d = c;
    c = b;
    b = a;
    a = temporary1 + temporary2;
  }
  const uint32_t result[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; ++i) state[i] += result[i];
}

void sha256_begin(struct sha256* hash) {
  static const uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(hash->state, kInitial, sizeof kInitial);
  hash->length = 0;
}

void sha256_add(struct sha256* hash, const void* bytes, size_t size) {
  const uint8_t* at = bytes;
  while (size > 0) {
    const size_t used = hash->length % kSha256Block;
    const size_t part = size < kSha256Block - used ? size : kSha256Block - used;
    memcpy(hash->block + used, at, part);
    hash->length += part;
    at += part;
    size -= part;
    if (hash->length % kSha256Block == 0) add_block(hash->state, hash->block);
  }
}

void sha256_end(struct sha256* hash, uint8_t digest[kSha256Size]) {
  // One bit, zeros, and the length in bits, which ends a block.
  static const uint8_t kPadding[kSha256Block] = {0x80};
  const uint64_t bits = hash->length * 8;
  const size_t used = hash->length % kSha256Block;
  sha256_add(hash, kPadding, (used < 56 ? 56 : 120) - used);
  uint8_t length[8];
  write_word(length, (uint32_t)(bits >> 32));
  write_word(length + 4, (uint32_t)bits);
  sha256_add(hash, length, sizeof length);
  for (int i = 0; i < 8; ++i) write_word(digest + 4 * i, hash->state[i]);
}
