/* ?pages=N: writes to N pages of 4 KiB, and answers how many it found written to before: 0 in a
 * pristine instance. */
#include "support.h"

enum { kPageSize = 4096, kPages = 512 };

static volatile char region[kPages][kPageSize] __attribute__((aligned(kPageSize)));

HTTP_HANDLE_REQUEST {
  uint32_t pages = query_number("pages", 1);
  if (pages > kPages) pages = kPages;
  uint32_t used = 0;
  for (uint32_t page = 0; page < kPages; ++page) used += region[page][0] != 0;
  for (uint32_t page = 0; page < pages; ++page) region[page][0] = 1;
  answer_number(used);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
