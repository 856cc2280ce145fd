/* Runs the cases of the table.
 *
 *   conformance list                        each case on a line: function name kind stage code
 *   conformance run ROOT STAGE FUNCTION     the function's cases of the stage (with "host", those
 *                                           of "anywhere" too), each in a fresh directory below
 *                                           ROOT, a granted directory
 *   conformance end FUNCTION NAME           one case of the stage "ending"
 *
 * For each case it prints "ok NAME", or "not ok NAME: FILE:LINE: what was expected and what came".
 */

#include "conformance.h"

#include <stdio.h>
#include <stdlib.h>

static struct Case cases[1024];
static uint32_t case_count;

void declare_case(struct Case each) {
  if (case_count == sizeof cases / sizeof *cases) abort();
  cases[case_count++] = each;
}

uint32_t work = NOT_A_DESCRIPTOR;
uint32_t root = NOT_A_DESCRIPTOR;
uint32_t prepared = NOT_A_DESCRIPTOR;
uint32_t read_only = NOT_A_DESCRIPTOR;
const char* root_name = "";
int argument_count;
char** arguments;

static const char* const stage_names[] = {"anywhere", "host", "silent", "ending"};
static char complaint[512]; /* of the running case; empty while all is well */

static const char* errno_name(uint32_t error) {
  switch (error) {
#define NAME(name, number) \
  case number:             \
    return #name;
    WASI_ERRNOS(NAME)
#undef NAME
    default:
      return "no errno";
  }
}

/* Paths of sources are as long as the build's; their last part tells enough. */
static const char* base_name(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

bool errno_is(const char* file, int line, const char* call, uint32_t expected, uint32_t actual) {
  return errno_is_either(file, line, call, expected, expected, actual);
}

bool errno_is_either(const char* file, int line, const char* call, uint32_t one, uint32_t other,
                     uint32_t actual) {
  if (complaint[0]) return false;
  if (actual == one || actual == other) return true;
  snprintf(complaint, sizeof complaint, "%s:%d: expected %s%s%s, got %s (%u): %s", base_name(file),
           line, errno_name(one), one == other ? "" : " or ", one == other ? "" : errno_name(other),
           errno_name(actual), (unsigned)actual, call);
  return false;
}

bool number_is(const char* file, int line, const char* what, uint64_t expected, uint64_t actual) {
  if (complaint[0]) return false;
  if (actual == expected) return true;
  snprintf(complaint, sizeof complaint, "%s:%d: expected %llu, got %llu: %s", base_name(file), line,
           (unsigned long long)expected, (unsigned long long)actual, what);
  return false;
}

bool text_is(const char* file, int line, const char* what, const char* expected, const char* actual,
             uint32_t size) {
  if (complaint[0]) return false;
  if (strlen(expected) == size && memcmp(expected, actual, size) == 0) return true;
  snprintf(complaint, sizeof complaint, "%s:%d: expected \"%.100s\", got \"%.*s\" (%u bytes): %s",
           base_name(file), line, expected, size < 100 ? (int)size : 100, actual, (unsigned)size,
           what);
  return false;
}

static uint32_t find_granted(const char* wanted) {
  char name[256];
  for (uint32_t fd = 3;; ++fd) {
    struct Prestat prestat;
    if (wasi_fd_prestat_get(fd, &prestat) != ERRNO_SUCCESS) return NOT_A_DESCRIPTOR;
    if (prestat.name_size > sizeof name) continue;
    if (wasi_fd_prestat_dir_name(fd, name, prestat.name_size) != ERRNO_SUCCESS) continue;
    if (prestat.name_size == strlen(wanted) && !memcmp(name, wanted, prestat.name_size)) return fd;
  }
}

/* Whatever a case left open is closed behind it. */
static void close_from(uint32_t first) {
  for (uint32_t fd = first; fd < first + 300; ++fd) wasi_fd_close(fd);
}

static void run(const struct Case* each) {
  complaint[0] = '\0';
  char name[16];
  snprintf(name, sizeof name, "case%ld", (long)(each - cases));
  work = root;
  make_directory(name);
  work = open_directory(name);
  each->run();
  wasi_fd_close(work);
  if (complaint[0]) {
    printf("not ok %s: %s\n", each->name, complaint);
  } else {
    printf("ok %s\n", each->name);
  }
}

static bool is_chosen(const struct Case* each, const char* stage, const char* function) {
  if (strcmp(each->function, function)) return false;
  if (!strcmp(stage_names[each->stage], stage)) return true;
  return each->stage == ANYWHERE && !strcmp(stage, stage_names[HOST]);
}

static int run_all(const char* stage, const char* function) {
  root = find_granted(root_name);
  if (root == NOT_A_DESCRIPTOR) {
    fprintf(stderr, "%s: no such directory was granted\n", root_name);
    return 2;
  }
  read_only = find_granted("/ro");
  prepared = open_path(root, "prepared", OFLAG_DIRECTORY, DIRECTORY_RIGHTS, RIGHTS_ALL, 0);
  uint32_t first_free = 3;
  struct Fdstat stat;
  while (wasi_fd_fdstat_get(first_free, &stat) == ERRNO_SUCCESS) ++first_free;
  const struct Case* const end = cases + case_count;
  for (const struct Case* each = cases; each != end; ++each) {
    if (is_chosen(each, stage, function)) printf("case %s\n", each->name);
  }
  for (const struct Case* each = cases; each != end; ++each) {
    if (!is_chosen(each, stage, function)) continue;
    run(each);
    close_from(first_free);
  }
  return 0;
}

static int run_ending(const char* function, const char* name) {
  for (const struct Case* each = cases; each != cases + case_count; ++each) {
    if (each->stage != ENDING || strcmp(each->function, function) || strcmp(each->name, name)) {
      continue;
    }
    each->run();
    printf("not ok %s: the program goes on\n", each->name);
  }
  return 2;
}

static int list(void) {
  for (const struct Case* each = cases; each != cases + case_count; ++each) {
    printf("%s %s %s %s %d\n", each->function, each->name, each->kind, stage_names[each->stage],
           each->code);
  }
  return 0;
}

int main(int count, char** values) {
  argument_count = count;
  arguments = values;
  root_name = count > 2 ? values[2] : "";
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* what was said before a trap is not lost */
  if (count >= 2 && !strcmp(values[1], "list")) return list();
  if (count >= 5 && !strcmp(values[1], "run")) return run_all(values[3], values[4]);
  if (count >= 4 && !strcmp(values[1], "end")) return run_ending(values[2], values[3]);
  fprintf(stderr, "usage: list | run ROOT STAGE FUNCTION [ARGUMENT...] | end FUNCTION NAME\n");
  return 2;
}
