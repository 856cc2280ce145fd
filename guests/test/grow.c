/* Grows its memory until that is refused, and answers how many pages of 64 KiB it has then. */
#include "support.h"

HTTP_HANDLE_REQUEST {
  while (__builtin_wasm_memory_grow(0, 1) != (size_t)-1) {
  }
  answer_number((uint32_t)__builtin_wasm_memory_size(0));
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
