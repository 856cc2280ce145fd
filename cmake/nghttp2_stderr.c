// Where nghttp2 prints a table of its own, which nobody asks it for.
#include <stdio.h>

__attribute__((visibility("hidden"))) FILE* skiff_nghttp2_stderr;
