/* A program that does what its first argument says, for tests of how programs are run. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Writes to /tmp/full until nothing fits any more, and says how many KiB did and why no more. */
static int fill_tmp(void) {
  static char block[4096];
  memset(block, 'x', sizeof block);
  const int file = open("/tmp/full", O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (file < 0) return perror("/tmp/full"), 1;
  unsigned written = 0;
  while (written < 1u << 20 && write(file, block, sizeof block) == (ssize_t)sizeof block) {
    written += sizeof block / 1024;
  }
  printf("%u KiB: %s\n", written, strerror(errno));
  return close(file);
}

/* Fills /tmp with some KiB, and then asks for as many KiB of memory. */
static int overdraw(const char* kib) {
  const size_t size = (size_t)atoi(kib) * 1024;
  const int file = open("/tmp/some", O_WRONLY | O_CREAT, 0666);
  char* memory = malloc(size);
  if (!memory || write(file, memory, size) != (ssize_t)size) return perror("first half"), 1;
  char* more = malloc(size);
  if (!more) return perror("second half"), 1;
  memset(more, 1, size);
  __asm__ volatile("" ::"r"(more) : "memory"); /* or the compiler leaves it out */
  puts("still here");
  return 0;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  const char* how = argc > 2 ? argv[2] : "";
  if (strcmp(what, "exit") == 0) return atoi(how);
  if (strcmp(what, "trap") == 0) __builtin_trap();
  if (strcmp(what, "fill-tmp") == 0) return fill_tmp();
  if (strcmp(what, "overdraw") == 0) return overdraw(how);
  if (strcmp(what, "spin") == 0) {
    for (volatile unsigned turns = 0;; ++turns) {
    }
  }
  if (strcmp(what, "sleep") == 0) {
    const struct timespec time = {0, atoi(how) * 1000000L};
    return nanosleep(&time, NULL);
  }
  if (strcmp(what, "terminal") == 0) return printf("%d%d%d\n", isatty(0), isatty(1), isatty(2)), 0;
  if (strcmp(what, "cat") == 0) {
    char buffer[1000];
    ssize_t size;
    while ((size = read(0, buffer, sizeof buffer)) > 0) {
      if (write(1, buffer, (size_t)size) != size) return 1;
    }
    return size < 0;
  }
  fprintf(stderr, "nothing to do: %s\n", what);
  return 3;
}
