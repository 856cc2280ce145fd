/* What cases share: making files, and looking at them. */

#include "conformance.h"

#include <stdlib.h>

void* before_end(uint32_t inside) {
  return (void*)(uintptr_t)(__builtin_wasm_memory_size(0) * 65536u - inside);
}

uint32_t open_path(uint32_t directory, const char* path, uint32_t oflags, uint64_t rights,
                   uint64_t inheriting, uint32_t fdflags) {
  uint32_t opened = NOT_A_DESCRIPTOR;
  if (wasi_path_open(directory, 0, PATH(path), oflags, rights, inheriting, fdflags, &opened) !=
      ERRNO_SUCCESS) {
    return NOT_A_DESCRIPTOR;
  }
  return opened;
}

static uint32_t set_up(const char* what, uint32_t fd) {
  number_is("setup", 0, what, 1, fd != NOT_A_DESCRIPTOR);
  return fd;
}

void make_file(const char* name, const char* text) {
  const uint32_t fd =
      set_up(name, open_path(work, name, OFLAG_CREAT | OFLAG_TRUNC, RIGHTS_ALL, 0, 0));
  uint32_t size = 0;
  if (*text) errno_is("setup", 0, name, ERRNO_SUCCESS, write_text(fd, text, &size));
  wasi_fd_close(fd);
}

void make_directory(const char* name) {
  errno_is("setup", 0, name, ERRNO_SUCCESS, wasi_path_create_directory(work, PATH(name)));
}

void make_symlink(const char* target, const char* name) {
  errno_is("setup", 0, name, ERRNO_SUCCESS, wasi_path_symlink(PATH(target), work, PATH(name)));
}

uint32_t open_file(const char* name) {
  return open_with(name, RIGHTS_ALL);
}

uint32_t open_with(const char* name, uint64_t rights) {
  return set_up(name, open_path(work, name, 0, rights, 0, 0));
}

uint32_t open_directory(const char* name) {
  return open_directory_without(name, 0);
}

uint32_t open_directory_without(const char* name, uint64_t rights) {
  return set_up(name, open_path(work, name, OFLAG_DIRECTORY, DIRECTORY_RIGHTS & ~rights,
                                (uint64_t)RIGHTS_ALL & ~rights, 0));
}

bool exists(const char* name) {
  struct Filestat stat;
  return wasi_path_filestat_get(work, 0, PATH(name), &stat) == ERRNO_SUCCESS;
}

struct Filestat stat_of(const char* name) {
  struct Filestat stat = {0};
  errno_is("setup", 0, name, ERRNO_SUCCESS, wasi_path_filestat_get(work, 0, PATH(name), &stat));
  return stat;
}

struct Filestat stat_of_fd(uint32_t fd) {
  struct Filestat stat = {0};
  errno_is("setup", 0, "fd_filestat_get", ERRNO_SUCCESS, wasi_fd_filestat_get(fd, &stat));
  return stat;
}

struct Fdstat fdstat_of(uint32_t fd) {
  struct Fdstat stat = {0};
  errno_is("setup", 0, "fd_fdstat_get", ERRNO_SUCCESS, wasi_fd_fdstat_get(fd, &stat));
  return stat;
}

uint64_t position_of(uint32_t fd) {
  uint64_t position = UINT64_MAX;
  errno_is("setup", 0, "fd_tell", ERRNO_SUCCESS, wasi_fd_tell(fd, &position));
  return position;
}

uint32_t content(const char* name, char* into, uint32_t size) {
  const uint32_t fd = open_with(name, RIGHT_FD_READ | RIGHT_FD_SEEK);
  uint32_t got = 0;
  errno_is("setup", 0, name, ERRNO_SUCCESS, read_some(fd, into, size, &got));
  wasi_fd_close(fd);
  return got;
}

uint32_t write_text(uint32_t fd, const char* text, uint32_t* size) {
  const struct Iovec iovec = {text, (uint32_t)strlen(text)};
  return wasi_fd_write(fd, &iovec, 1, size);
}

uint32_t read_some(uint32_t fd, void* into, uint32_t limit, uint32_t* size) {
  const struct Iovec iovec = {into, limit};
  return wasi_fd_read(fd, &iovec, 1, size);
}
