/* Computes until its CPU time is nearly used up, and answers in time. /late does not look. */
#include <string.h>

#include "support.h"

/* Exported: skiff writes here. */
volatile uint32_t __skiff_signal;

static volatile uint32_t sink;

HTTP_HANDLE_REQUEST {
  char uri[16] = {0};
  http_get_uri(uri, sizeof uri - 1);
  if (__skiff_signal != 0) __builtin_trap(); /* of another request */
  while (__skiff_signal == 0 || strcmp(uri, "/late") == 0) ++sink;
  answer_number(__skiff_signal);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
