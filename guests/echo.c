/* Sends the request's body back as it arrives, under its own content type. */
#include "http_handler.h"

static char chunk[64 * 1024];

static void copy_content_type(void) {
  static const char kName[] = "content-type";
  char value[256];
  const uint64_t found =
      http_get_header_values(HTTP_REQUEST_HEADERS, kName, HTTP_LENGTH(kName), value, sizeof value);
  if (http_high(found) == 1 && http_low(found) <= sizeof value) {
    http_set_header_value(HTTP_RESPONSE_HEADERS, kName, HTTP_LENGTH(kName), value,
                          http_low(found) - 1 /* its NUL */);
  } else {
    HTTP_SET_HEADER(HTTP_RESPONSE_HEADERS, "content-type", "application/octet-stream");
  }
}

HTTP_HANDLE_REQUEST {
  copy_content_type();
  uint64_t part;
  do {
    part = http_read_body(HTTP_REQUEST_BODY, chunk, sizeof chunk);
    http_write_body(HTTP_RESPONSE_BODY, chunk, http_low(part));
  } while (http_high(part) == 0);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
