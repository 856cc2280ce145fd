/* system (C11, 7.22.4.8) of a machine that has no other programs. */
#include <errno.h>
#include <stdlib.h>

int system(const char* command) {
  if (command == NULL) return 0; /* there is no command processor */
  errno = ENOSYS;
  return -1;
}
