/* ?ms=N&bytes=M: reads the body M bytes at a time, at most 64 KiB, with a pause of N milliseconds
 * after each part, and answers how many bytes there were. */
#include <time.h>

#include "support.h"

static char chunk[64 * 1024];

HTTP_HANDLE_REQUEST {
  const uint32_t ms = query_number("ms", 1);
  uint32_t bytes = query_number("bytes", 1024);
  if (bytes == 0 || bytes > sizeof chunk) bytes = sizeof chunk;
  const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

  uint32_t total = 0;
  uint64_t part;
  do {
    part = http_read_body(HTTP_REQUEST_BODY, chunk, bytes);
    total += http_low(part);
    if (nanosleep(&pause, NULL) != 0) __builtin_trap();
  } while (http_high(part) == 0);
  answer_number(total);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
