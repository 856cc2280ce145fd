#pragma once

/* WASI's <fcntl.h>, and the names that record locks have in POSIX. There are no such locks: fcntl
 * answers EINVAL, as to any command that it does not know. */
#include_next <fcntl.h>

#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
