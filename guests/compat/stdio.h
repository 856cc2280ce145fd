#pragma once

/* WASI's <stdio.h>, and what the standard has besides. temporary_file.c defines it. */
#include_next <stdio.h>

/* Room for the longest name that tmpnam makes, with its NUL. */
#define L_tmpnam 24
