/* Traps while it initialises. */
#include "support.h"

static volatile int zero;

__attribute__((constructor)) static void set_up(void) {
  zero = 100 / zero; /* HERE set_up */
}

HTTP_HANDLE_REQUEST {
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
