/* Stands in front of the app's `origin`: tells it who asks, asks for the host that the app's
 * `config` names, keeps answers to requests with cookies out of shared caches, and signs every
 * answer. */
#include "http_handler.h"

static uint32_t has_cookie(void) {
  static const char kName[] = "cookie";
  return http_high(
             http_get_header_values(HTTP_REQUEST_HEADERS, kName, HTTP_LENGTH(kName), NULL, 0)) > 0;
}

static void name_client(void) {
  static const char kName[] = "x-forwarded-for";
  char address[64];
  uint32_t length = http_get_source_addr(address, sizeof address);
  if (length <= sizeof address) {
    while (length > 0 && address[--length] != ':') { /* without the port */
    }
    http_add_header_value(HTTP_REQUEST_HEADERS, kName, HTTP_LENGTH(kName), address, length);
  }
}

static void name_host(void) {
  static const char kName[] = "host";
  char host[256];
  const uint32_t length = http_get_config(host, sizeof host);
  if (length > 0 && length <= sizeof host) {
    http_set_header_value(HTTP_REQUEST_HEADERS, kName, HTTP_LENGTH(kName), host, length);
  }
}

HTTP_HANDLE_REQUEST {
  name_client();
  name_host();
  HTTP_SET_HEADER(HTTP_REQUEST_HEADERS, "x-guest", "skiff-headers");
  return http_next(has_cookie());
}

HTTP_HANDLE_RESPONSE(asked_with_cookie, is_error) {
  if (is_error) return; /* the origin gave no answer: the host says so itself */
  if (asked_with_cookie) {
    HTTP_SET_HEADER(HTTP_RESPONSE_HEADERS, "cache-control", "private");
  }
  HTTP_SET_HEADER(HTTP_RESPONSE_HEADERS, "x-served-through", "skiff");
}
