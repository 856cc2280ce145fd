/* Calls one function of http_handler with hostile arguments: the number in the query ("case=N")
 * says which. Most of them trap, as they should; where the call comes back, the answer says whether
 * the host wrote only where it was told to. */

#include <string.h>

#include "support.h"

#define CANARY 0xa5
#define FENCE 1024
#define ZONE 8192

static struct {
  unsigned char before[FENCE];
  unsigned char zone[ZONE];
  unsigned char after[FENCE];
} memory;

#define ADDRESSES 16
static uint32_t address(uint32_t i) {
  const uint32_t size = (uint32_t)(__builtin_wasm_memory_size(0) * 65536u);
  const uint32_t values[ADDRESSES] = {(uint32_t)(uintptr_t)memory.zone,
                                      (uint32_t)(uintptr_t)memory.zone + ZONE - 1,
                                      size - 1,
                                      size - 4,
                                      size,
                                      size + 1,
                                      0x7fffffff,
                                      0x80000000u,
                                      0xffffffffu,
                                      0xfffffffeu,
                                      0xfffffff0u,
                                      0xffff0000u,
                                      0u - size,
                                      size + 65536u,
                                      0x20000000u,
                                      size - 8};
  return values[i % ADDRESSES];
}
#define LENGTHS 14
static uint32_t length(uint32_t i) {
  const uint32_t size = (uint32_t)(__builtin_wasm_memory_size(0) * 65536u);
  const uint32_t values[LENGTHS] = {0,           1,           2,           7,          64,
                                    4096,        size,        size + 1,    0x7fffffff, 0x80000000u,
                                    0xfffffffeu, 0xffffffffu, 0xfffffff0u, 1u << 20};
  return values[i % LENGTHS];
}

/* A buffer for the host to write to: what it is told does not reach over the fence. */
static uint32_t limit(uint32_t to, uint32_t wanted) {
  const uint32_t zone = (uint32_t)(uintptr_t)memory.zone;
  const uint32_t size = (uint32_t)(__builtin_wasm_memory_size(0) * 65536u);
  if (to < zone || to >= zone + ZONE) return wanted;
  const bool inside = wanted <= size - to;
  return inside && wanted > zone + ZONE - to ? zone + ZONE - to : wanted;
}

HTTP_HANDLE_REQUEST {
  const uint32_t number = query_number("case", 0);
  const uint32_t a = address(number), b = address(number / ADDRESSES);
  const uint32_t m = length(number / 7), n = length(number / 3);
  void* const to = (void*)(uintptr_t)a;
  const void* const from = (const void*)(uintptr_t)a;
  const void* const other = (const void*)(uintptr_t)b;
  const uint32_t kind = number % 6;
  memset(&memory, CANARY, sizeof memory);
  memcpy(memory.zone, "Host", 5);
  switch (number % 17) {
    case 0:
      http_get_config(to, limit(a, m));
      break;
    case 1:
      http_log((int32_t)kind - 2, from, m);
      break;
    case 2:
      http_get_method(to, limit(a, m));
      break;
    case 3:
      http_set_method(from, m);
      break;
    case 4:
      http_get_uri(to, limit(a, m));
      break;
    case 5:
      http_set_uri(from, m);
      break;
    case 6:
      http_get_protocol_version(to, limit(a, m));
      break;
    case 7:
      http_get_source_addr(to, limit(a, m));
      break;
    case 8:
      http_get_header_names(kind, to, limit(a, m));
      break;
    case 9:
      http_get_header_values(kind, other, n, to, limit(a, m));
      break;
    case 10:
      http_set_header_value(kind, from, m, other, n);
      break;
    case 11:
      http_add_header_value(kind, from, m, other, n);
      break;
    case 12:
      http_remove_header(kind, from, m);
      break;
    case 13:
      http_read_body(kind, to, limit(a, m));
      break;
    case 14:
      http_write_body(kind, from, m);
      break;
    case 15:
      http_set_status_code(m);
      break;
    default:
      http_enable_features(m);
      http_log_enabled((int32_t)n);
      break;
  }
  for (uint32_t i = 0; i < FENCE; ++i) {
    if (memory.before[i] == CANARY && memory.after[i] == CANARY) continue;
    answer("TOUCHED", 7);
    return HTTP_DONE;
  }
  answer("untouched", 9);
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
