/* ?bytes=N: allocates N bytes, writes to each page of them, and answers "ok" or "refused". */
#include <stdlib.h>

#include "support.h"

HTTP_HANDLE_REQUEST {
  const uint32_t bytes = query_number("bytes", 1024);
  volatile char* block = malloc(bytes);
  if (block == NULL) {
    answer("refused\n", HTTP_LENGTH("refused\n"));
    return HTTP_DONE;
  }
  for (uint32_t at = 0; at < bytes; at += 4096) block[at] = 1;
  answer("ok\n", HTTP_LENGTH("ok\n"));
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
