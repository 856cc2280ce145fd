/* What the soak deploys: every answer begins with the 64 bytes that name tenant, app and version,
 * which whoever deploys it writes into the module, and a new line. The path says what else it does.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support.h"

/* Kept as data: nobody may take its bytes for known. */
static const volatile char kIdentity[] =
    "identity:.......................................................";

enum { kSize = sizeof kIdentity - 1 };

static char identity[kSize + 1];
static char vault[64 << 10];
static char chunk[16 << 10];

static void name_myself(void) {
  for (uint32_t i = 0; i < kSize; ++i) identity[i] = kIdentity[i];
  identity[kSize] = '\n';
}

static void answer_identity(void) {
  answer(identity, sizeof identity);
}

static void echo(void) {
  answer_identity();
  uint64_t part;
  do {
    part = http_read_body(HTTP_REQUEST_BODY, chunk, sizeof chunk);
    http_write_body(HTTP_RESPONSE_BODY, chunk, http_low(part));
  } while (http_high(part) == 0);
}

/* Answers with what an earlier request left in memory or in /tmp, if there is anything. */
static void keep(void) {
  answer_identity();
  for (uint32_t i = 0; i < sizeof vault; ++i) {
    if (vault[i] == 0) continue;
    http_write_body(HTTP_RESPONSE_BODY, vault + i, kSize);
    return;
  }
  FILE* file = fopen("/tmp/note", "r");
  if (file != NULL) {
    const size_t size = fread(chunk, 1, sizeof chunk, file);
    http_write_body(HTTP_RESPONSE_BODY, chunk, (uint32_t)size);
    return;
  }
  for (uint32_t i = 0; i + kSize <= sizeof vault; i += kSize) memcpy(vault + i, identity, kSize);
  file = fopen("/tmp/note", "w");
  if (file == NULL || fwrite(identity, 1, kSize, file) != kSize) __builtin_trap();
  fclose(file);
}

static void repeat(void) {
  for (uint32_t i = query_number("n", 1); i != 0; --i) answer_identity();
}

static void log_identity(void) {
  http_log(HTTP_LOG_INFO, identity, kSize);
  answer_identity();
}

static void wait(void) {
  const uint32_t ms = query_number("ms", 1);
  const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
  nanosleep(&time, NULL);
  answer_identity();
}

static void show_config(void) {
  answer_identity();
  const uint32_t size = http_get_config(chunk, sizeof chunk);
  http_write_body(HTTP_RESPONSE_BODY, chunk, size);
}

static int asks_for(const char* uri, const char* path) {
  return strncmp(uri, path, strlen(path)) == 0;
}

HTTP_HANDLE_REQUEST {
  char uri[256];
  const uint32_t length = http_get_uri(uri, sizeof uri - 1);
  uri[length < sizeof uri ? length : 0] = '\0';
  name_myself();
  if (asks_for(uri, "/next")) return http_next(0);
  if (asks_for(uri, "/echo")) {
    echo();
  } else if (asks_for(uri, "/keep")) {
    keep();
  } else if (asks_for(uri, "/repeat")) {
    repeat();
  } else if (asks_for(uri, "/log")) {
    log_identity();
  } else if (asks_for(uri, "/wait")) {
    wait();
  } else if (asks_for(uri, "/config")) {
    show_config();
  } else {
    answer_identity();
  }
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
