/* Opens /data/greeting in its constructor, keeps it open, and makes a file in /tmp if there is one;
 * each request answers with what both hold. */
#include <fcntl.h>
#include <unistd.h>

#include "support.h"

static int greeting = -1;

__attribute__((constructor)) static void open_greeting(void) {
  greeting = open("/data/greeting", O_RDONLY);
  const int note = open("/tmp/note", O_WRONLY | O_CREAT, 0666);
  if (note >= 0) {
    write(note, " noted", 6);
    close(note);
  }
}

HTTP_HANDLE_REQUEST {
  char text[256];
  const ssize_t size = read(greeting, text, 128);
  if (size < 0) {
    answer("cannot read\n", 12);
    return 0;
  }
  const int note = open("/tmp/note", O_RDONLY);
  const ssize_t more = note >= 0 ? read(note, text + size, 64) : 0;
  answer(text, (uint32_t)(size + (more > 0 ? more : 0)));
  return 0;
}

HTTP_NO_RESPONSE_HANDLER;
