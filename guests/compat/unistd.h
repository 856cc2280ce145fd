#pragma once

/* WASI's <unistd.h>, and what POSIX has besides on users. no_users.c defines it. */
#include_next <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

uid_t getuid(void);
uid_t geteuid(void);
int fchown(int descriptor, uid_t owner, gid_t group);
int chown(const char* path, uid_t owner, gid_t group);

#ifdef __cplusplus
}
#endif
