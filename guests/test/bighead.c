/* ?bytes=N: answers with a header field whose value has N bytes (at most 512 KiB). */
#include "support.h"

static char value[512 * 1024];

HTTP_HANDLE_REQUEST {
  static const char kName[] = "x-big";
  uint32_t bytes = query_number("bytes", 1024);
  if (bytes > sizeof value) bytes = sizeof value;
  for (uint32_t i = 0; i < bytes; ++i) value[i] = 'x';
  http_set_header_value(HTTP_RESPONSE_HEADERS, kName, HTTP_LENGTH(kName), value, bytes);
  answer_number(bytes);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
