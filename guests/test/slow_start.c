/* Computes for long in its constructor, anew for each request: it asks for randomness first. */
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

static volatile uint32_t sink;

__attribute__((constructor)) static void set_up(void) {
  uint32_t state = 0;
  if (getentropy(&state, sizeof state) != 0) abort();
  for (uint32_t i = 0; i < 50000000; ++i) state = state * 1664525u + 1013904223u + sink;
  sink = state;
}

HTTP_HANDLE_REQUEST {
  answer("started\n", 8);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
