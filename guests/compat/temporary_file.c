/* tmpnam and tmpfile (C11, 7.21.4), in the folder /tmp that an app has if its `tmp` is set. That
 * folder belongs to one request, so a counter makes names that nobody else uses. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { kAttempts = 1000 };

char* tmpnam(char* buffer) {
  static char own_buffer[L_tmpnam];
  static unsigned last_number;
  char* const name = buffer != NULL ? buffer : own_buffer;
  for (int i = 0; i < kAttempts; ++i) {
    snprintf(name, L_tmpnam, "/tmp/file-%u", ++last_number);
    if (access(name, F_OK) != 0) return errno == ENOENT ? name : NULL;
  }
  return NULL;
}

FILE* tmpfile(void) {
  char name[L_tmpnam];
  if (tmpnam(name) == NULL) return NULL;
  const int descriptor = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (descriptor < 0) return NULL;
  unlink(name); /* nobody finds it, and it goes with its last descriptor */
  FILE* const file = fdopen(descriptor, "w+");
  if (file == NULL) close(descriptor);
  return file;
}
