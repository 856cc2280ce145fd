/* One thing after the other that no host must fall for; the path says which. /ok and /work behave.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../test/support.h"

static volatile uint32_t sink;

/* Computes: `steps` rounds of a generator that no compiler leaves out, about a nanosecond each. */
static void compute(uint32_t steps) {
  uint32_t state = 2463534242u;
  for (uint32_t i = 0; i < steps; ++i) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
  }
  sink = state;
}

static void work(void) {
  compute(query_number("steps", 0));
  answer("done\n", 5);
}

static void spin(void) {
  for (;;) ++sink;
}

static uint32_t descend(uint32_t depth) {
  sink = depth;
  if (depth == UINT32_MAX) return 0;
  return descend(depth + 1) + sink;
}
static void recurse(void) {
  answer_number(descend(0));
}

/* The same with a call of the host at every depth, which is so made wherever the stack ends. */
static uint32_t descend_calling(uint32_t depth) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  FILE* const file = fopen("/tmp/none", "r");
  if (file != NULL || depth == UINT32_MAX) return 0;
  return descend_calling(depth + 1) + (uint32_t)now.tv_nsec;
}
static void recurse_host(void) {
  answer_number(descend_calling(0));
}

/* Asks for memory, uses it, and asks again, whatever the answer is. */
static void grow(void) {
  for (;;) {
    const size_t page = __builtin_wasm_memory_grow(0, 16);
    if (page != SIZE_MAX) memset((void*)(page << 16), 7, (size_t)16 << 16);
  }
}

static void fill(void) {
  static char area[512 << 10];
  for (;;) {
    memset(area, (int)sink, sizeof area);
    ++sink;
  }
}

static void host_calls(void) {
  char method[16];
  for (;;) sink += http_get_method(method, sizeof method);
}

static char flood[4096];

static void flood_output(void) {
  memset(flood, 'x', sizeof flood - 1);
  flood[sizeof flood - 1] = '\n';
  for (;;) {
    if (fwrite(flood, 1, sizeof flood, stdout) != sizeof flood) exit(4);
  }
}

static void flood_log(void) {
  memset(flood, 'y', sizeof flood);
  for (;;) http_log(HTTP_LOG_INFO, flood, sizeof flood);
}

static void flood_response(void) {
  for (;;) http_write_body(HTTP_RESPONSE_BODY, flood, sizeof flood);
}

/* Computes and rests, so that its request is suspended again and again. */
static void rest(void) {
  const struct timespec pause = {.tv_nsec = 1000000};
  for (uint32_t i = query_number("times", 5); i != 0; --i) {
    compute(query_number("steps", 0));
    nanosleep(&pause, NULL);
  }
  answer("rested\n", 7);
}

static void ignore_body(void) {
  answer("whatever\n", 9);
}

static void leave(void) {
  exit(3);
}

static void trap(void) {
  __builtin_trap();
}

static const struct {
  const char* path;
  void (*act)(void);
} kActs[] = {
    {"/work", work},
    {"/spin", spin},
    {"/recurse", recurse},
    {"/recurse-host", recurse_host},
    {"/grow", grow},
    {"/fill", fill},
    {"/host-calls", host_calls},
    {"/output", flood_output},
    {"/log", flood_log},
    {"/response", flood_response},
    {"/rest", rest},
    {"/ignore", ignore_body},
    {"/exit", leave},
    {"/trap", trap},
};

HTTP_HANDLE_REQUEST {
  char uri[1024];
  const uint32_t length = http_get_uri(uri, sizeof uri - 1);
  uri[length < sizeof uri ? length : 0] = '\0';
  uri[strcspn(uri, "?")] = '\0';
  for (size_t i = 0; i < sizeof kActs / sizeof kActs[0]; ++i) {
    if (strcmp(uri, kActs[i].path) == 0) {
      kActs[i].act();
      return HTTP_DONE;
    }
  }
  answer("ok\n", 3);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
