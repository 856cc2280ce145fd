#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "http_handler.h"

enum { kMaxConfig = 16 * 1024, kMinSecret = 32 };

struct settings settings;

/* A part of the config's text. */
struct word {
  const char* text;
  uint32_t length;
};

static void refuse(const char* why) {
  http_log(HTTP_LOG_ERROR, why, (uint32_t)strlen(why));
  __builtin_trap();
}

static struct word next_word(const char** at) {
  *at += strspn(*at, " \t\r");
  const struct word word = {*at, (uint32_t)strcspn(*at, " \t\r\n")};
  *at += word.length;
  return word;
}

static bool word_is(struct word word, const char* text) {
  return word.length == strlen(text) && memcmp(word.text, text, word.length) == 0;
}

/* A whole number of 1 to a million. */
static uint32_t read_number(struct word word) {
  uint32_t number = 0;
  for (uint32_t i = 0; i < word.length; ++i) {
    const char digit = word.text[i];
    if (digit < '0' || digit > '9' || number > 100000) return 0;
    number = number * 10 + (uint32_t)(digit - '0');
  }
  return number;
}

bool is_name(const char* text, uint32_t length) {
  if (length == 0 || length > kMaxName) return false;
  for (uint32_t i = 0; i < length; ++i) {
    const char c = text[i];
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return true;
}

static void add_user(struct word name, struct word token) {
  if (settings.user_count == kMaxUsers) refuse("config: more than 64 users");
  if (!is_name(name.text, name.length)) refuse("config: a user's name is of A-Z a-z 0-9 _ -");
  if (token.length == 0) refuse("config: a line 'user' without a token");
  struct user* user = &settings.users[settings.user_count++];
  memcpy(user->name, name.text, name.length);
  hmac(&settings.key, token.text, token.length, user->token_code);
}

static void add_variant(struct word name, struct word weight) {
  if (settings.variant_count == kMaxVariants) refuse("config: more than 8 variants");
  if (!is_name(name.text, name.length)) refuse("config: a variant's name is of A-Z a-z 0-9 _ -");
  struct variant* variant = &settings.variants[settings.variant_count++];
  memcpy(variant->name, name.text, name.length);
  variant->weight = read_number(weight);
  if (variant->weight == 0) refuse("config: a variant's weight is a number of 1 to 1000000");
  settings.total_weight += variant->weight;
}

static void set_host(struct word host) {
  static const char kAllowed[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:";
  if (host.length == 0 || host.length > kMaxHost || strspn(host.text, kAllowed) < host.length) {
    refuse("config: host is a name, and a port if need be");
  }
  memcpy(settings.host, host.text, host.length);
}

static void read_line(struct word key, const char* rest) {
  const struct word first = next_word(&rest), second = next_word(&rest);
  if (word_is(key, "user")) {
    add_user(first, second);
  } else if (word_is(key, "variant")) {
    add_variant(first, second);
  } else if (word_is(key, "lifetime")) {
    settings.lifetime = read_number(first);
    if (settings.lifetime == 0) refuse("config: lifetime is a number of seconds, 1 to 1000000");
  } else if (word_is(key, "host")) {
    set_host(first);
  } else if (word_is(key, "secure")) {
    if (!word_is(first, "yes") && !word_is(first, "no")) refuse("config: secure is yes or no");
    settings.secure = word_is(first, "yes");
  } else if (!word_is(key, "secret")) {
    refuse("config: a line begins with secret, user, lifetime, variant, host, secure or #");
  }
}

/* The secret comes first, wherever its line is: the users' tokens are kept under it. */
static void read_secret(const char* text) {
  bool found = false;
  for (const char* line = text; *line != '\0'; line += *line != '\0') {
    const char* at = line;
    if (word_is(next_word(&at), "secret")) {
      const struct word secret = next_word(&at);
      if (secret.length < kMinSecret) refuse("config: the secret needs 32 characters or more");
      hmac_prepare(&settings.key, secret.text, secret.length);
      found = true;
    }
    line += strcspn(line, "\n");
  }
  if (!found) refuse("config: there is no line 'secret'");
}

__attribute__((constructor)) static void read_settings(void) {
  static char text[kMaxConfig + 1];
  const uint32_t length = http_get_config(text, kMaxConfig);
  if (length > kMaxConfig) refuse("config: it may have 16 KiB");
  settings.lifetime = 3600;
  settings.secure = true;
  read_secret(text);
  for (const char* line = text; *line != '\0'; line += *line != '\0') {
    const char* at = line;
    const struct word key = next_word(&at);
    if (key.length > 0 && *key.text != '#') read_line(key, at);
    line += strcspn(line, "\n");
  }
  if (settings.user_count == 0) refuse("config: there is no line 'user', so nobody may enter");
  memset(text, 0, sizeof text);  // neither secret nor tokens stay in memory
}

const struct user* user_of_token(const char* token, uint32_t length) {
  uint8_t code[kSha256Size];
  const struct user* found = NULL;
  hmac(&settings.key, token, length, code);
  for (uint32_t i = 0; i < settings.user_count; ++i) {
    if (hmac_equal(code, settings.users[i].token_code)) found = &settings.users[i];
  }
  return found;
}

const struct user* user_of_name(const char* name, uint32_t length) {
  for (uint32_t i = 0; i < settings.user_count; ++i) {
    const char* known = settings.users[i].name;
    if (strlen(known) == length && memcmp(known, name, length) == 0) return &settings.users[i];
  }
  return NULL;
}

int variant_of_name(const char* name, uint32_t length) {
  for (uint32_t i = 0; i < settings.variant_count; ++i) {
    const char* known = settings.variants[i].name;
    if (strlen(known) == length && memcmp(known, name, length) == 0) return (int)i;
  }
  return -1;
}
