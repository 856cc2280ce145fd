/* Follows paths for some seconds while the host exchanges what lies on them: directories for links
 * that lead out, files for links to the secret, directories for others far away. Whatever is
 * reached must be what lies inside, which says "harmless".
 *
 *   escape_race SECONDS
 *
 * Prints each leak, and at the end how often something was reached and refused. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi_preview1.h"

#define ROOT 3u /* the only directory that is granted */
#define HARMLESS "harmless"
#define HARMLESS_SIZE 8u

static unsigned long reached, refused, leaks;

static void note(uint32_t error, const char* what) {
  switch (error) {
    case ERRNO_SUCCESS:
      ++reached;
      return;
    case ERRNO_NOTCAPABLE:
    case ERRNO_LOOP:
    case ERRNO_NOENT:
    case ERRNO_NOTDIR:
    case ERRNO_ISDIR:
    case ERRNO_EXIST:
    case ERRNO_INVAL: /* readlink of what is no link */
    case ERRNO_NOTEMPTY:
    case ERRNO_AGAIN: /* the kernel could not be sure, however often it was asked */
      ++refused;
      return;
    default:
      ++leaks;
      printf("%s answers errno %u\n", what, (unsigned)error);
  }
}

static void leak(const char* what, const char* path) {
  ++leaks;
  printf("leak: %s of %s\n", what, path);
}

static void read_it(const char* path) {
  uint32_t fd;
  const uint32_t error = wasi_path_open(ROOT, LOOKUP_SYMLINK_FOLLOW, path, (uint32_t)strlen(path),
                                        0, RIGHT_FD_READ | RIGHT_FD_READDIR, 0, 0, &fd);
  note(error, "path_open");
  if (error != ERRNO_SUCCESS) return;
  char bytes[64];
  const struct Iovec iovec = {bytes, sizeof bytes};
  uint32_t size = 0;
  if (wasi_fd_read(fd, &iovec, 1, &size) == ERRNO_SUCCESS &&
      (size != HARMLESS_SIZE || memcmp(bytes, HARMLESS, HARMLESS_SIZE))) {
    leak("content", path);
  }
  wasi_fd_close(fd);
}

static void look_at(const char* path) {
  struct Filestat stat;
  const uint32_t error =
      wasi_path_filestat_get(ROOT, LOOKUP_SYMLINK_FOLLOW, path, (uint32_t)strlen(path), &stat);
  note(error, "path_filestat_get");
  if (error == ERRNO_SUCCESS && stat.type == FILETYPE_REGULAR_FILE && stat.size != HARMLESS_SIZE) {
    leak("size", path);
  }
}

/* What changes something: the host sees whether it was outside. */
static void change(const char* path, const char* new_path) {
  const uint32_t length = (uint32_t)strlen(path), new_length = (uint32_t)strlen(new_path);
  uint32_t fd;
  uint32_t error = wasi_path_open(ROOT, LOOKUP_SYMLINK_FOLLOW, new_path, new_length, OFLAG_CREAT,
                                  RIGHT_FD_WRITE, 0, 0, &fd);
  note(error, "path_open to create");
  if (error == ERRNO_SUCCESS) wasi_fd_close(fd);
  note(wasi_path_unlink_file(ROOT, new_path, new_length), "path_unlink_file");
  note(wasi_path_create_directory(ROOT, new_path, new_length), "path_create_directory");
  note(wasi_path_remove_directory(ROOT, new_path, new_length), "path_remove_directory");
  note(wasi_path_symlink("x", 1, ROOT, new_path, new_length), "path_symlink");
  note(wasi_path_unlink_file(ROOT, new_path, new_length), "path_unlink_file");
  note(wasi_path_filestat_set_times(ROOT, LOOKUP_SYMLINK_FOLLOW, path, length, 1, 1, FST_MTIM),
       "path_filestat_set_times");
  note(wasi_path_link(ROOT, 0, path, length, ROOT, "grabbed", 7), "path_link");
  note(wasi_path_unlink_file(ROOT, "grabbed", 7), "path_unlink_file");
  note(wasi_path_rename(ROOT, "own", 3, ROOT, new_path, new_length), "path_rename");
  note(wasi_path_rename(ROOT, new_path, new_length, ROOT, "own", 3), "path_rename");
}

int main(int count, char** arguments) {
  static const char* const paths[] = {
      "swapped/secret", "swapped/./secret",          "link",           "wanderer/../secret",
      "./link",         "wanderer/sub/../../secret", "swapped/../link"};
  const double seconds = count > 1 ? atof(arguments[1]) : 1;
  uint64_t began = 0, now = 0;
  wasi_clock_time_get(CLOCK_ID_MONOTONIC, 0, &began);
  do {
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; ++i) {
      read_it(paths[i]);
      look_at(paths[i]);
    }
    change("swapped/secret", "swapped/planted");
    change("wanderer/../secret", "wanderer/../planted");
    wasi_clock_time_get(CLOCK_ID_MONOTONIC, 0, &now);
  } while ((double)(now - began) < seconds * 1e9);
  printf("reached %lu refused %lu leaks %lu\n", reached, refused, leaks);
  return 0;
}
