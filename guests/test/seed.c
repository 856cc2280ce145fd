/* Seeds a generator in its constructor, as language runtimes and libraries do, and answers with
 * three numbers of it. -DSEED_FROM_TIME: from the clock. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

__attribute__((constructor)) static void seed(void) {
  unsigned seed = 0;
#ifdef SEED_FROM_TIME
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  seed = (unsigned)(now.tv_nsec ^ now.tv_sec);
#else
  if (getentropy(&seed, sizeof seed) != 0) abort();
#endif
  srand(seed);
}

HTTP_HANDLE_REQUEST {
  char text[3 * 8 + 1];
  for (int i = 0; i < 3; ++i) {
    unsigned number = (unsigned)rand();
    for (int digit = 0; digit < 8; ++digit, number >>= 4) {
      text[i * 8 + digit] = "0123456789abcdef"[number & 15];
    }
  }
  text[24] = '\n';
  answer(text, sizeof text);
  return 0;
}

HTTP_NO_RESPONSE_HANDLER;
