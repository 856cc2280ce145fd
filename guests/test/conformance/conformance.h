#pragma once

/* A table of cases for WASI preview 1. Each case is a small function, declared by one of the macros
 * below under the function that it is about:
 *
 *   FAILS(path_open, of_a_name_that_does_not_exist) { EXPECT(NOENT, ...); }
 *
 * Linked into one program, the cases are its table (conformance.c says how it is run). */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../wasi_preview1.h"

/* What a case needs around it. */
enum Stage {
  ANYWHERE, /* any writable directory will do, also one in memory */
  HOST,     /* needs the directories "/work" and "/ro" that the host has prepared */
  SILENT,   /* as HOST, and standard input stays open while nothing comes */
  ENDING    /* ends the program: run by itself, and the table says the exit code */
};

struct Case {
  const char* function;
  const char* name;
  const char* kind; /* "success" or "failure" */
  enum Stage stage;
  int code; /* ENDING: how the program ends */
  void (*run)(void);
};

/* Takes a case into the table: called before main(). */
void declare_case(struct Case each);

#define DECLARE_CASE(function, name, kind, stage, code)                                  \
  static void function##_##name(void);                                                   \
  __attribute__((constructor)) static void declare_##function##_##name(void) {           \
    declare_case((struct Case){#function, #name, kind, stage, code, function##_##name}); \
  }                                                                                      \
  static void function##_##name(void)

/* The function does what it was asked to. */
#define SUCCEEDS(function, name) DECLARE_CASE(function, name, "success", ANYWHERE, 0)
/* The function refuses, with the right errno and without having done anything. */
#define FAILS(function, name) DECLARE_CASE(function, name, "failure", ANYWHERE, 0)
#define SUCCEEDS_IN(stage, function, name) DECLARE_CASE(function, name, "success", stage, 0)
#define FAILS_IN(stage, function, name) DECLARE_CASE(function, name, "failure", stage, 0)
#define ENDS_WITH(code, function, name) DECLARE_CASE(function, name, "success", ENDING, code)

/* Of the running case: */
extern uint32_t work;      /* an empty directory of its own, with all rights */
extern uint32_t root;      /* the granted directory that holds it */
extern uint32_t prepared;  /* HOST: the tree that the host has prepared, in "/work" */
extern uint32_t read_only; /* HOST: "/ro", granted without write */
extern const char* root_name;
extern int argument_count; /* as main() got them */
extern char** arguments;

/* What was expected and did not come ends the case. */
#define EXPECT(errno_name, call)                                                  \
  do {                                                                            \
    if (!errno_is(__FILE__, __LINE__, #call, ERRNO_##errno_name, (call))) return; \
  } while (0)
/* Where the specification leaves the choice between two. */
#define EXPECT_EITHER(one, other, call)                                                          \
  do {                                                                                           \
    if (!errno_is_either(__FILE__, __LINE__, #call, ERRNO_##one, ERRNO_##other, (call))) return; \
  } while (0)
#define EXPECT_EQUAL(expected, actual)                                                             \
  do {                                                                                             \
    if (!number_is(__FILE__, __LINE__, #actual, (uint64_t)(expected), (uint64_t)(actual))) return; \
  } while (0)
#define EXPECT_TRUE(condition)                                                      \
  do {                                                                              \
    if (!number_is(__FILE__, __LINE__, #condition, 1, (condition) ? 1 : 0)) return; \
  } while (0)
/* `size` bytes at `actual` are those of the string `expected`. */
#define EXPECT_TEXT(expected, actual, size)                                    \
  do {                                                                         \
    if (!text_is(__FILE__, __LINE__, #actual, expected, actual, size)) return; \
  } while (0)
/* A file of the case's directory holds this. */
#define EXPECT_FILE(expected, name)                                                       \
  do {                                                                                    \
    char content_of_file[256];                                                            \
    const uint32_t size_of_file = content(name, content_of_file, sizeof content_of_file); \
    EXPECT_TEXT(expected, content_of_file, size_of_file);                                 \
  } while (0)

bool errno_is(const char* file, int line, const char* call, uint32_t expected, uint32_t actual);
bool errno_is_either(const char* file, int line, const char* call, uint32_t one, uint32_t other,
                     uint32_t actual);
bool number_is(const char* file, int line, const char* what, uint64_t expected, uint64_t actual);
bool text_is(const char* file, int line, const char* what, const char* expected, const char* actual,
             uint32_t size);

/* A path argument: its address and its length. */
#define PATH(text) (text), (uint32_t)strlen(text)
/* A text that holds NULs. */
#define BYTES(literal) (literal), (uint32_t)(sizeof(literal) - 1)

/* No memory is ever there. */
#define NOWHERE ((void*)0xfffffff0u)
/* `inside` bytes before memory ends. */
void* before_end(uint32_t inside);
#define NEVER_OPENED 1000u
#define NOT_A_DESCRIPTOR 0xffffffffu

/* All rights that do not make a directory impossible to open. */
#define DIRECTORY_RIGHTS  \
  ((uint64_t)RIGHTS_ALL & \
   ~(uint64_t)(RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_FILESTAT_SET_SIZE))

/* Setting up a case. What cannot be set up fails the case, and gives NOT_A_DESCRIPTOR. */
void make_file(const char* name, const char* text);
void make_directory(const char* name);
void make_symlink(const char* target, const char* name);
/* Opens a file of `work` for reading and writing, with all rights a file can have. */
uint32_t open_file(const char* name);
/* Opens a file of `work` with these rights and no others. */
uint32_t open_with(const char* name, uint64_t rights);
/* Opens a directory of `work` with all rights. */
uint32_t open_directory(const char* name);
/* Opens a directory of `work` with all rights but these, for itself and for what it opens. */
uint32_t open_directory_without(const char* name, uint64_t rights);
uint32_t open_path(uint32_t directory, const char* path, uint32_t oflags, uint64_t rights,
                   uint64_t inheriting, uint32_t fdflags);

/* Looking at what came of it. */
bool exists(const char* name);
struct Filestat stat_of(const char* name); /* not followed */
struct Filestat stat_of_fd(uint32_t fd);
struct Fdstat fdstat_of(uint32_t fd);
uint64_t position_of(uint32_t fd);
uint32_t content(const char* name, char* into, uint32_t size); /* its first bytes; their number */

/* One buffer. */
uint32_t write_text(uint32_t fd, const char* text, uint32_t* size);
uint32_t read_some(uint32_t fd, void* into, uint32_t limit, uint32_t* size);
