#pragma once

/* WASI's <sys/stat.h>, and what POSIX has besides on permissions. no_users.c defines it. */
#include_next <sys/stat.h>

#ifdef __cplusplus
extern "C" {
#endif

int chmod(const char* path, mode_t mode);
int fchmod(int descriptor, mode_t mode);

#ifdef __cplusplus
}
#endif
