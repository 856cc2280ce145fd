/* What the clocks say, in nanoseconds: how far they moved while it computed, while it slept for
 * 20 ms, and while it waited for a moment that had passed already; then their resolution. */
#include <stdio.h>
#include <time.h>

#include "support.h"

static long long now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void compute(void) {
  for (volatile int i = 0; i < 10000000; ++i) {
  }
}

HTTP_HANDLE_REQUEST {
  const long long began = now(CLOCK_MONOTONIC);
  const long long realBegan = now(CLOCK_REALTIME);
  compute();
  const long long computed = now(CLOCK_MONOTONIC);
  const long long realComputed = now(CLOCK_REALTIME);
  const struct timespec pause = {.tv_nsec = 20000000};
  if (nanosleep(&pause, NULL) != 0) __builtin_trap();
  const long long slept = now(CLOCK_MONOTONIC);
  compute();
  const struct timespec moment = {.tv_sec = (slept + 1000) / 1000000000,
                                  .tv_nsec = (slept + 1000) % 1000000000};
  if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) != 0) __builtin_trap();
  const long long waited = now(CLOCK_MONOTONIC);
  struct timespec resolution;
  clock_getres(CLOCK_MONOTONIC, &resolution);
  char text[200];
  const int size =
      snprintf(text, sizeof text, "%lld %lld %lld %lld %ld", computed - began,
               realComputed - realBegan, slept - computed, waited - slept, resolution.tv_nsec);
  http_write_body(HTTP_RESPONSE_BODY, text, (uint32_t)size);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
