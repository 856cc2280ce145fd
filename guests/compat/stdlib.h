#pragma once

/* WASI's <stdlib.h>, and what the standard has besides. system.c defines it. */
#include_next <stdlib.h>

#ifdef __cplusplus
extern "C"
#endif
    int
    system(const char* command);
