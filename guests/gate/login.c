#include "login.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "http_field.h"
#include "http_url.h"
#include "session.h"

enum { kMaxForm = 4096, kMaxNext = 1024 };

static const char kLoginPath[] = "/gate/login";
static const char kLogoutPath[] = "/gate/logout";

const char* session_cookie(void) {
  return settings.secure ? "__Host-gate" : "gate";
}

static void set_session_cookie(const char* value, uint32_t max_age) {
  char cookie[kSessionSize + 128];
  snprintf(cookie, sizeof cookie, "%s=%s; Path=/; Max-Age=%u; HttpOnly; SameSite=Lax%s",
           session_cookie(), value, (unsigned)max_age, settings.secure ? "; Secure" : "");
  http_response_field("set-cookie", cookie);
  http_response_field("cache-control", "no-store");
}

static void redirect(const char* location) {
  http_set_status_code(303);
  http_response_field("location", location);
}

/* Whether a page of another origin makes the browser send this, to sign its visitor in as someone
 * else, or out. Browsers say where a request comes from (Fetch Metadata; those before it, and those
 * that speak plain HTTP, by Origin); other programs say nothing, and nobody steers them. */
static bool is_from_elsewhere(void) {
  char site[16], origin[kMaxHost + 32], host[kMaxHost + 32];
  if (http_request_field("sec-fetch-site", site, sizeof site) != HTTP_FIELD_ABSENT) {
    return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
  }
  if (http_request_field("origin", origin, sizeof origin) == HTTP_FIELD_ABSENT) return false;
  const char* authority = strstr(origin, "://");  // the origin may also be "null"
  return authority == NULL || http_request_field("host", host, sizeof host) <= 0 ||
         strcasecmp(authority + strlen("://"), host) != 0;
}

/* Where to go after entering: a path of this host only, or the start page. */
static const char* safe_next(const char* next) {
  if (next[0] != '/' || next[1] == '/' || next[1] == '\\') return "/";
  for (const char* at = next; *at != '\0'; ++at) {
    if (*at <= ' ' || *at > '~') return "/";
  }
  return next;
}

static void write_escaped(const char* text) {
  for (; *text != '\0'; ++text) {
    switch (*text) {
      case '&':
        http_write_text("&amp;");
        break;
      case '<':
        http_write_text("&lt;");
        break;
      case '"':
        http_write_text("&quot;");
        break;
      default:
        http_write_body(HTTP_RESPONSE_BODY, text, 1);
    }
  }
}

static void answer_form(uint32_t status, const char* next, const char* message) {
  http_set_status_code(status);
  http_response_field("content-type", "text/html; charset=utf-8");
  http_response_field("cache-control", "no-store");
  http_response_field("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  http_response_field("x-content-type-options", "nosniff");
  http_write_text("<!doctype html>\n<title>Sign in</title>\n<h1>Sign in</h1>\n<p>");
  http_write_text(message);
  http_write_text("</p>\n<form method=\"post\">\n<input type=\"hidden\" name=\"next\" value=\"");
  write_escaped(next);
  http_write_text(
      "\">\n<label>Token <input type=\"password\" name=\"token\" autofocus></label>\n"
      "<button>Sign in</button>\n</form>\n");
}

/* The body as text; false if it is longer than a form of ours. */
static bool read_form(char form[kMaxForm + 1]) {
  uint32_t size = 0;
  for (;;) {
    const uint64_t part = http_read_body(HTTP_REQUEST_BODY, form + size, kMaxForm + 1 - size);
    size += http_low(part);
    if (size > kMaxForm) return false;
    if (http_high(part) != 0) break;
  }
  form[size] = '\0';
  return true;
}

static void answer_login(const char* method, const char* target) {
  char form[kMaxForm + 1], next[kMaxNext], token[512];
  if (strcmp(method, "GET") == 0) {
    const char* query = strchr(target, '?');
    http_query_value(query != NULL ? query + 1 : "", "next", next, sizeof next);
    answer_form(200, safe_next(next), "Enter with the token that you were given.");
    return;
  }
  if (!read_form(form)) {
    http_answer_problem(413, "Content Too Large", "the form may have 4096 bytes");
    return;
  }
  http_query_value(form, "next", next, sizeof next);
  const int32_t length = http_query_value(form, "token", token, sizeof token);
  const struct user* user = length > 0 ? user_of_token(token, (uint32_t)length) : NULL;
  if (user == NULL) {
    http_response_field("www-authenticate", "Bearer realm=\"gate\"");
    answer_form(401, safe_next(next), "That is no valid token.");
    return;
  }
  char session[kSessionSize];
  write_session(user, time(NULL) + settings.lifetime, session);
  set_session_cookie(session, settings.lifetime);
  redirect(safe_next(next));
}

bool answer_own_path(const char* method, const char* target) {
  const size_t length = strcspn(target, "?");
  const bool is_login = length == strlen(kLoginPath) && memcmp(target, kLoginPath, length) == 0;
  const bool is_logout = length == strlen(kLogoutPath) && memcmp(target, kLogoutPath, length) == 0;
  if (!is_login && !is_logout) return false;
  const bool is_post = strcmp(method, "POST") == 0;
  if (!is_post && !(is_login && strcmp(method, "GET") == 0)) {
    http_response_field("allow", is_login ? "GET, POST" : "POST");
    http_answer_problem(405, "Method Not Allowed", "sign in by GET or POST, sign out by POST");
  } else if (is_post && is_from_elsewhere()) {
    http_answer_problem(403, "Forbidden", "a page of another origin may not sign anyone in or out");
  } else if (is_login) {
    answer_login(method, target);
  } else {
    set_session_cookie("", 0);
    redirect(kLoginPath);
  }
  return true;
}

static void encode_target(const char* target, char* out) {
  for (; *target != '\0'; ++target) {
    const char c = *target;
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || strchr("/-._~", c) != NULL;
    if (is_plain) {
      *out++ = c;
    } else {
      out += sprintf(out, "%%%02X", (unsigned char)c);
    }
  }
  *out = '\0';
}

void answer_stranger(const char* method, const char* target) {
  char accept[512];
  http_request_field("accept", accept, sizeof accept);
  if (strcmp(method, "GET") == 0 && strstr(accept, "text/html") != NULL) {
    char location[sizeof kLoginPath + sizeof "?next=" + 3 * kMaxTarget];
    strcpy(location, kLoginPath);
    strcat(location, "?next=");
    encode_target(target, location + strlen(location));
    http_response_field("cache-control", "no-store");
    redirect(location);
    return;
  }
  http_response_field("www-authenticate", "Bearer realm=\"gate\"");
  http_answer_problem(401, "Unauthorized", "sign in at /gate/login, or send a bearer token");
}
