/* Reads all of /data/file in its constructor; each request answers how many bytes it has read. */
#include <fcntl.h>
#include <unistd.h>

#include "support.h"

static uint32_t total;

__attribute__((constructor)) static void read_file(void) {
  static char part[16 * 1024];
  const int file = open("/data/file", O_RDONLY);
  ssize_t size;
  while ((size = read(file, part, sizeof part)) > 0) total += (uint32_t)size;
  close(file);
}

HTTP_HANDLE_REQUEST {
  answer_number(total);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
