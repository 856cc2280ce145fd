#pragma once

/* What the app's `config` tells the gate. One setting a line, words separated by spaces; "#" begins
 * a comment line:
 *
 *   secret TEXT            signs sessions; 32 characters or more; required
 *   user NAME TOKEN        may enter with that token; at least one, NAME of A-Z a-z 0-9 _ -
 *   lifetime SECONDS       of a session; 3600 unless told
 *   variant NAME WEIGHT    of the A/B test, if there is one; NAME as of a user
 *   host NAME              that the origin is asked for, instead of the one the client named
 *   secure no              cookies also travel over plain HTTP, for trying on one's own machine;
 *                          the session's is then named gate, and not __Host-gate
 */

#include <stdbool.h>
#include <stdint.h>

#include "hmac.h"

enum { kMaxUsers = 64, kMaxVariants = 8, kMaxName = 32, kMaxHost = 255 };

struct user {
  char name[kMaxName + 1];
  uint8_t token_code[kSha256Size]; /* the token's HMAC: tokens of any length compare alike */
};

struct variant {
  char name[kMaxName + 1];
  uint32_t weight;
};

struct settings {
  struct hmac_key key;
  struct user users[kMaxUsers];
  struct variant variants[kMaxVariants];
  uint32_t user_count, variant_count;
  uint32_t total_weight;
  uint32_t lifetime;
  bool secure;
  char host[kMaxHost + 1]; /* empty: the client's */
};

/* Reads the settings once, when the module is initialised: they become part of the image that every
 * instance begins with. What is wrong in them is logged, and traps: the app is refused. */
extern struct settings settings;

/* The user whose token that is; NULL if there is none. */
const struct user* user_of_token(const char* token, uint32_t length);
const struct user* user_of_name(const char* name, uint32_t length);
/* The variant's index, or -1. */
int variant_of_name(const char* name, uint32_t length);
bool is_name(const char* text, uint32_t length);
