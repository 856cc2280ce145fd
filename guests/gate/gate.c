/* Stands in front of the app's `origin` and lets only users pass: with a session cookie from
 * /gate/login, or with a bearer token. Tells the origin who it is in X-User, and which variant of
 * an A/B test they see in X-Variant; neither can be forged from outside. Answers get the headers
 * that keep browsers safe. Its settings are the app's `config`, see settings.h. */
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "cookies.h"
#include "http_field.h"
#include "login.h"
#include "session.h"
#include "settings.h"

static const char kVariantCookie[] = "variant";
static const char kBearer[] = "Bearer ";

/* What handle_response has to know, in the context word. */
enum { kVariantMask = 0xff, kVariantIsNew = 0x100, kNoVariant = 0xff };

/* The byte in lower case, and "-" for what is neither letter nor digit. */
static char normal(char byte) {
  if (byte >= 'A' && byte <= 'Z') return (char)(byte | 0x20);
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ? byte : '-';
}

/* Whether a field's name means `trusted` to whoever reads it: programs that get their fields as
 * variables (RFC 3875) take "_" for "-", and some of them any other mark too. */
static bool means(const char* name, const char* trusted) {
  for (; *name != '\0' && *trusted != '\0'; ++name, ++trusted) {
    if (normal(*name) != *trusted) return false;
  }
  return *name == *trusted;
}

/* Removes what only the gate may say. False if there are too many fields to look through. */
static bool strip_identity(void) {
  static const char* const kTrusted[] = {"x-user", "x-variant", "x-forwarded-user", "remote-user"};
  static char names[16 * 1024];
  const uint64_t found = http_get_header_names(HTTP_REQUEST_HEADERS, names, sizeof names);
  if (http_low(found) > sizeof names) return false;
  const char* name = names;
  for (uint32_t i = 0; i < http_high(found); ++i) {
    const uint32_t length = (uint32_t)strlen(name);
    for (size_t k = 0; k < sizeof kTrusted / sizeof kTrusted[0]; ++k) {
      if (means(name, kTrusted[k])) http_remove_header(HTTP_REQUEST_HEADERS, name, length);
    }
    name += length + 1;
  }
  return true;
}

/* Who asks; the origin does not see the credential. NULL: a stranger. */
static const struct user* identify(void) {
  char authorization[512];
  const int32_t size = http_request_field("authorization", authorization, sizeof authorization);
  const int32_t scheme = (int32_t)sizeof kBearer - 1;
  if (size > scheme && strncasecmp(authorization, kBearer, (size_t)scheme) == 0) {
    const struct user* user = user_of_token(authorization + scheme, (uint32_t)(size - scheme));
    if (user != NULL) {
      http_remove_header(HTTP_REQUEST_HEADERS, "authorization", HTTP_LENGTH("authorization"));
    }
    return user;
  }
  uint32_t length;
  const char* session = find_cookie(session_cookie(), &length);
  return session != NULL ? read_session(session, length, time(NULL)) : NULL;
}

static uint32_t draw_variant(void) {
  uint32_t number = 0;
  getentropy(&number, sizeof number);
  number %= settings.total_weight;
  uint32_t index = 0;
  while (number >= settings.variants[index].weight) number -= settings.variants[index++].weight;
  return index;
}

/* The context word: the variant of the cookie, or a new one that the cookie will keep. */
static uint32_t choose_variant(void) {
  if (settings.variant_count == 0) return kNoVariant;
  uint32_t length;
  const char* name = find_cookie(kVariantCookie, &length);
  const int known = name != NULL ? variant_of_name(name, length) : -1;
  return known >= 0 ? (uint32_t)known : draw_variant() | kVariantIsNew;
}

static void set_request_field(const char* name, const char* value) {
  http_set_header_value(HTTP_REQUEST_HEADERS, name, (uint32_t)strlen(name), value,
                        (uint32_t)strlen(value));
}

HTTP_HANDLE_REQUEST {
  char method[16], target[kMaxTarget];
  const uint32_t method_length = http_get_method(method, sizeof method - 1);
  const uint32_t target_length = http_get_uri(target, sizeof target - 1);
  if (method_length >= sizeof method || target_length >= sizeof target) {
    http_answer_problem(414, "URI Too Long", "the target may have 2047 bytes");
    return HTTP_DONE;
  }
  method[method_length] = target[target_length] = '\0';
  if (answer_own_path(method, target)) return HTTP_DONE;
  if (!read_cookies() || !strip_identity()) {
    http_answer_problem(431, "Request Header Fields Too Large",
                        "cookies may have 8 KiB, names of fields 16 KiB");
    return HTTP_DONE;
  }
  const struct user* user = identify();
  if (user == NULL) {
    answer_stranger(method, target);
    return HTTP_DONE;
  }
  set_request_field("x-user", user->name);
  if (settings.host[0] != '\0') set_request_field("host", settings.host);
  hide_cookie(session_cookie());
  const uint32_t context = choose_variant();
  if (context != kNoVariant) {
    set_request_field("x-variant", settings.variants[context & kVariantMask].name);
  }
  return http_next(context);
}

static bool response_has(const char* name) {
  return http_high(http_get_header_values(HTTP_RESPONSE_HEADERS, name, (uint32_t)strlen(name), NULL,
                                          0)) > 0;
}

static void keep_variant(const char* name) {
  char cookie[128] = "";
  strcat(cookie, kVariantCookie);
  strcat(cookie, "=");
  strcat(cookie, name);
  strcat(cookie, "; Path=/; Max-Age=2592000; SameSite=Lax");
  if (settings.secure) strcat(cookie, "; Secure");
  http_add_header_value(HTTP_RESPONSE_HEADERS, "set-cookie", HTTP_LENGTH("set-cookie"), cookie,
                        (uint32_t)strlen(cookie));
}

HTTP_HANDLE_RESPONSE(context, is_error) {
  static const struct {
    const char *name, *value;
  } kDefaults[] = {
      {"x-content-type-options", "nosniff"},
      {"x-frame-options", "DENY"},
      {"content-security-policy", "frame-ancestors 'none'"},
      {"referrer-policy", "same-origin"},
      {"cache-control", "private, no-cache"},
  };
  static const char* const kRevealing[] = {"server", "x-powered-by"};
  if (is_error) return; /* the origin gave no answer: the host says so itself */
  for (size_t i = 0; i < sizeof kDefaults / sizeof kDefaults[0]; ++i) {
    if (!response_has(kDefaults[i].name)) {
      http_response_field(kDefaults[i].name, kDefaults[i].value);
    }
  }
  if (settings.secure) {
    http_response_field("strict-transport-security", "max-age=31536000");
  }
  for (size_t i = 0; i < sizeof kRevealing / sizeof kRevealing[0]; ++i) {
    http_remove_header(HTTP_RESPONSE_HEADERS, kRevealing[i], (uint32_t)strlen(kRevealing[i]));
  }
  if (context != kNoVariant && (context & kVariantIsNew) != 0) {
    keep_variant(settings.variants[context & kVariantMask].name);
  }
}
