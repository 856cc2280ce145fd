/* Fills its memory with copies of the request's body. Answers "clean", or else what it finds there
 * from an earlier request. */
#include "support.h"

static char vault[768 * 1024];

HTTP_HANDLE_REQUEST {
  uint32_t first = 0;
  while (first < sizeof vault && vault[first] == 0) ++first;
  if (first < sizeof vault) {
    uint32_t end = first;
    while (end < sizeof vault && vault[end] != 0) ++end;
    answer(vault + first, end - first);
  } else {
    answer("clean\n", HTTP_LENGTH("clean\n"));
  }

  char body[4096];
  uint32_t length = 0;
  uint64_t part;
  do {
    part = http_read_body(HTTP_REQUEST_BODY, body + length, sizeof body - length);
    length += http_low(part);
  } while (http_high(part) == 0 && length < sizeof body);
  for (uint32_t i = 0; length > 0 && i < sizeof vault; ++i) vault[i] = body[i % length];
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
