/* Fails in the way that the query names, some calls deep. Tests look for the lines that are marked
 * "HERE name". */
#include <stdlib.h>
#include <time.h>

#include "support.h"

#define OUTLINE __attribute__((noinline))

static volatile int zero;

OUTLINE static int divide(int value) {
  return value / zero; /* HERE divide */
}

OUTLINE static int share(int value) {
  return divide(value) + 1; /* HERE share */
}

OUTLINE static int recurse(int depth) {
  return zero ? depth : recurse(depth + 1) + recurse(depth + 2); /* HERE recurse */
}

OUTLINE static int leave(int code) {
  _Exit(code); /* HERE leave */
}

OUTLINE static int spin(void) {
  while (!zero) { /* HERE spin */
  }
  return 1;
}

OUTLINE static int rest(uint32_t seconds) {
  const struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = 0};
  return nanosleep(&time, NULL) + 1; /* HERE rest */
}

OUTLINE static int misuse(uint32_t kind) {
  http_write_body(kind, "", 0); /* HERE misuse */
  return zero;
}

OUTLINE static int fail(void) {
  if (query_number("divide", 0)) return share(7) + 1; /* HERE fail */
  if (query_number("recurse", 0)) return recurse(0) + 1;
  if (query_number("exit", 0)) return leave((int)query_number("exit", 0)) + 1;
  if (query_number("spin", 0)) return spin() + 1;
  if (query_number("rest", 0)) return rest(query_number("rest", 0)) + 1;
  if (query_number("misuse", 0)) return misuse(query_number("misuse", 0)) + 1;
  return zero;
}

HTTP_HANDLE_REQUEST {
  const int failed = fail(); /* HERE handle_request */
  answer_number((uint32_t)failed);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
