/* ?ms=N: sleeps for N milliseconds, then answers N. */
#include <errno.h>
#include <time.h>

#include "support.h"

HTTP_HANDLE_REQUEST {
  const uint32_t ms = query_number("ms", 10);
  const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
  if (nanosleep(&time, NULL) != 0) __builtin_trap();
  answer_number(ms);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
