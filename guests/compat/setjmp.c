/* What LLVM 14 calls in place of setjmp and longjmp (its pass "WebAssembly Lower Emscripten
 * EH/SjLj").
 *
 * A function that calls setjmp has a table of its own, a heap block that the compiler allocates
 * when the function begins and frees when it ends: one entry for each time that setjmp returned 0
 * in it, then an entry whose `number` is 0. A jump is an exception with the tag __c_longjmp. Each
 * such function catches it and looks into its table whether the jump is meant for it; if not, it
 * throws it on. A jmp_buf holds only the number that its call of setjmp was given. */
#include <stdint.h>
#include <stdlib.h>

struct setjmp_entry {
  uint32_t number; /* of the call of setjmp, from 1; 0 ends the table */
  uint32_t label;  /* where the function goes on: the compiler's number of the place of the call */
};

/* What the exception carries: a pointer to this. One is enough, since it is read as soon as the
 * exception is caught. */
static struct {
  uint32_t* environment;
  int value;
} jump;

static uint32_t last_number;

/* The second result of saveSetjmp, which the compiler fetches right after the call. */
static uint32_t second_result;

uint32_t getTempRet0(void) {
  return second_result;
}

void setTempRet0(uint32_t value) {
  second_result = value;
}

/* Notes in `table`, which has room for `size` entries and the one that ends it, that setjmp was
 * called with `environment` at `label`. Answers the table, which may have moved, and its size. */
struct setjmp_entry* saveSetjmp(uint32_t* environment, uint32_t label, struct setjmp_entry* table,
                                uint32_t size) {
  uint32_t used = 0;
  while (used < size && table[used].number != 0) ++used;
  if (used == size) {
    size *= 2;
    table = realloc(table, (size + 1) * sizeof *table);
    if (table == NULL) abort();
  }
  *environment = ++last_number;
  table[used] = (struct setjmp_entry){last_number, label};
  table[used + 1].number = 0;
  second_result = size;
  return table;
}

/* The label at which the call of setjmp with this number was, or 0 if it was in another function.
 */
uint32_t testSetjmp(uint32_t number, const struct setjmp_entry* table, uint32_t size) {
  for (uint32_t i = 0; i < size && table[i].number != 0; ++i) {
    if (table[i].number == number) return table[i].label;
  }
  return 0;
}

_Noreturn void __wasm_longjmp(uint32_t* environment, int value) {
  enum { kLongjmpTag = 1 }; /* the compiler's number of the tag __c_longjmp */
  jump.environment = environment;
  jump.value = value != 0 ? value : 1;
  __builtin_wasm_throw(kLongjmpTag, &jump);
}
