#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_url.h"

/* Says what is signed, so that no signature of anything else can pass for a session. */
static const char kPurpose[] = "gate session 1\n";

/* The HMAC of "NAME.EXPIRY", which has `length` bytes. */
static void sign(const char* text, uint32_t length, uint8_t code[kSha256Size]) {
  char message[sizeof kPurpose + kSessionSize];
  memcpy(message, kPurpose, sizeof kPurpose - 1);
  memcpy(message + sizeof kPurpose - 1, text, length);
  hmac(&settings.key, message, sizeof kPurpose - 1 + length, code);
}

void write_session(const struct user* user, int64_t expiry, char out[kSessionSize]) {
  uint8_t code[kSha256Size];
  const int length = snprintf(out, kSessionSize, "%s.%lld", user->name, (long long)expiry);
  sign(out, (uint32_t)length, code);
  char* at = out + length;
  *at++ = '.';
  for (int i = 0; i < kSha256Size; ++i) at += sprintf(at, "%02x", code[i]);
}

static bool read_code(const char* text, uint8_t code[kSha256Size]) {
  for (int i = 0; i < kSha256Size; ++i) {
    const int high = http_hex_digit(text[2 * i]), low = http_hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    code[i] = (uint8_t)(high * 16 + low);
  }
  return true;
}

const struct user* read_session(const char* text, uint32_t length, int64_t now) {
  enum { kCodeSize = 2 * kSha256Size };
  if (length >= kSessionSize || length < kCodeSize + 1) return NULL;
  const uint32_t signed_length = length - kCodeSize - 1;
  uint8_t given[kSha256Size], right[kSha256Size];
  if (text[signed_length] != '.' || !read_code(text + signed_length + 1, given)) return NULL;
  sign(text, signed_length, right);
  if (!hmac_equal(given, right)) return NULL;

  // From here on the text is one that write_session made.
  const char* dot = memchr(text, '.', signed_length);
  if (dot == NULL || strtoll(dot + 1, NULL, 10) <= now) return NULL;
  return user_of_name(text, (uint32_t)(dot - text));
}
