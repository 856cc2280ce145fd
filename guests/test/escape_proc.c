/* With /proc granted: tries its magic links, which lead to what a process has open and not to what
 * their text says. Exits with the number of those that were not refused. */

#include <stdio.h>
#include <string.h>

#include "wasi_preview1.h"

#define ROOT 3u /* the only directory that is granted */

int main(void) {
  static const char* const paths[] = {"self/root/etc/passwd",
                                      "self/root",
                                      "self/cwd",
                                      "self/cwd/.",
                                      "self/exe",
                                      "self/fd/0",
                                      "self/fd/1",
                                      "self/fd/3/..",
                                      "self/task/../root/etc",
                                      "thread-self/root",
                                      "thread-self/cwd",

                                      "self/ns/mnt"};
  int reached = 0;
  for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i) {
    const uint32_t length = (uint32_t)strlen(paths[i]);
    uint32_t fd;
    struct Filestat stat;
    const uint32_t opened = wasi_path_open(ROOT, LOOKUP_SYMLINK_FOLLOW, paths[i], length, 0,
                                           RIGHT_FD_READ | RIGHT_FD_READDIR, 0, 0, &fd);
    const uint32_t looked_at =
        wasi_path_filestat_get(ROOT, LOOKUP_SYMLINK_FOLLOW, paths[i], length, &stat);
    if (opened == ERRNO_LOOP && looked_at == ERRNO_LOOP) continue;
    printf("%s: path_open answers %u, path_filestat_get %u\n", paths[i], (unsigned)opened,
           (unsigned)looked_at);
    ++reached;
  }
  uint32_t fd; /* what is no magic link is there: the paths are right */
  if (wasi_path_open(ROOT, LOOKUP_SYMLINK_FOLLOW, "self/status", 11, 0, RIGHT_FD_READ, 0, 0, &fd)) {
    printf("self/status cannot be opened\n");
    ++reached;
  }
  return reached;
}
