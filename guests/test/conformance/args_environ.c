/* args_get, args_sizes_get, environ_get, environ_sizes_get. The host passes the arguments
 *   run ROOT STAGE FUNCTION "" "two words" "gr\xc3\xbc\xc3\x9f dich"
 * behind the program's name, and the three variables EMPTY, TEXT and MORE. */

#include "conformance.h"

#define ARGUMENTS 8
#define VARIABLES 3
#define CANARY 0xa5

static char* pointers[64];
static char text[4096];

static void read_sizes(uint32_t* count, uint32_t* size) {
  *count = *size = 0;
  errno_is("setup", 0, "args_sizes_get", ERRNO_SUCCESS, wasi_args_sizes_get(count, size));
}

/* Strings lie one behind the other, each behind its pointer, with its NUL. Their total size. */
static uint32_t packed_size(uint32_t count) {
  const char* at = text;
  for (uint32_t i = 0; i < count; ++i) {
    if (pointers[i] != at) return 0;
    at += strlen(at) + 1;
  }
  return (uint32_t)(at - text);
}

SUCCEEDS_IN(HOST, args_get, gives_every_argument_in_order) {
  EXPECT(SUCCESS, wasi_args_get(pointers, text));
  EXPECT_TEXT("run", pointers[1], (uint32_t)strlen(pointers[1]));
  EXPECT_TEXT("/work", pointers[2], (uint32_t)strlen(pointers[2]));
  EXPECT_TEXT("host", pointers[3], (uint32_t)strlen(pointers[3]));
  EXPECT_TEXT("args_get", pointers[4], (uint32_t)strlen(pointers[4]));
}
SUCCEEDS_IN(HOST, args_get, keeps_what_is_empty_has_spaces_or_is_not_ascii) {
  EXPECT(SUCCESS, wasi_args_get(pointers, text));
  EXPECT_TEXT("", pointers[5], (uint32_t)strlen(pointers[5]));
  EXPECT_TEXT("two words", pointers[6], (uint32_t)strlen(pointers[6]));
  EXPECT_TEXT("gr\xc3\xbc\xc3\x9f dich", pointers[7], (uint32_t)strlen(pointers[7]));
}
SUCCEEDS_IN(HOST, args_get, begins_with_the_name_of_the_program) {
  EXPECT(SUCCESS, wasi_args_get(pointers, text));
  EXPECT_TRUE(strlen(pointers[0]) > 0);
}
SUCCEEDS_IN(HOST, args_get, packs_the_strings_with_their_nuls) {
  uint32_t count, size;
  read_sizes(&count, &size);
  EXPECT(SUCCESS, wasi_args_get(pointers, text));
  EXPECT_EQUAL(size, packed_size(count));
}
SUCCEEDS_IN(HOST, args_get, writes_nothing_behind_what_the_sizes_say) {
  uint32_t count, size;
  read_sizes(&count, &size);
  memset(pointers, CANARY, sizeof pointers);
  memset(text, CANARY, sizeof text);
  EXPECT(SUCCESS, wasi_args_get(pointers, text));
  EXPECT_EQUAL(CANARY, ((unsigned char*)&pointers[count])[0]);
  EXPECT_EQUAL(CANARY, ((unsigned char*)text)[size]);
}
FAILS_IN(HOST, args_get, with_pointers_outside_memory) {
  EXPECT(FAULT, wasi_args_get(NOWHERE, text));
}
FAILS_IN(HOST, args_get, with_pointers_that_cross_the_end_of_memory) {
  EXPECT(FAULT, wasi_args_get(before_end(4), text));
}
FAILS_IN(HOST, args_get, with_text_outside_memory) {
  EXPECT(FAULT, wasi_args_get(pointers, NOWHERE));
}
FAILS_IN(HOST, args_get, with_text_that_crosses_the_end_of_memory) {
  EXPECT(FAULT, wasi_args_get(pointers, before_end(1)));
}

SUCCEEDS_IN(HOST, args_sizes_get, counts_the_arguments) {
  uint32_t count = 0, size = 0;
  EXPECT(SUCCESS, wasi_args_sizes_get(&count, &size));
  EXPECT_EQUAL(ARGUMENTS, count);
}
SUCCEEDS_IN(HOST, args_sizes_get, counts_bytes_with_nuls) {
  uint32_t count = 0, size = 0, expected = 0;
  EXPECT(SUCCESS, wasi_args_sizes_get(&count, &size));
  for (int i = 0; i < argument_count; ++i) expected += (uint32_t)strlen(arguments[i]) + 1;
  EXPECT_EQUAL(expected, size);
}
FAILS_IN(HOST, args_sizes_get, with_the_count_outside_memory) {
  uint32_t size = 0;
  EXPECT(FAULT, wasi_args_sizes_get(NOWHERE, &size));
}
FAILS_IN(HOST, args_sizes_get, with_the_size_across_the_end_of_memory) {
  uint32_t count = 0;
  EXPECT(FAULT, wasi_args_sizes_get(&count, before_end(3)));
}

SUCCEEDS_IN(HOST, environ_get, gives_the_variables_that_were_granted) {
  EXPECT(SUCCESS, wasi_environ_get(pointers, text));
  EXPECT_TEXT("EMPTY=", pointers[0], (uint32_t)strlen(pointers[0]));
  EXPECT_TEXT("TEXT=some text", pointers[1], (uint32_t)strlen(pointers[1]));
}
SUCCEEDS_IN(HOST, environ_get, keeps_an_equals_sign_in_a_value) {
  EXPECT(SUCCESS, wasi_environ_get(pointers, text));
  EXPECT_TEXT("MORE=a=b", pointers[2], (uint32_t)strlen(pointers[2]));
}
SUCCEEDS_IN(HOST, environ_get, packs_the_strings_with_their_nuls) {
  uint32_t count = 0, size = 0;
  EXPECT(SUCCESS, wasi_environ_sizes_get(&count, &size));
  EXPECT(SUCCESS, wasi_environ_get(pointers, text));
  EXPECT_EQUAL(size, packed_size(count));
}
SUCCEEDS_IN(HOST, environ_get, writes_nothing_behind_what_the_sizes_say) {
  uint32_t count = 0, size = 0;
  EXPECT(SUCCESS, wasi_environ_sizes_get(&count, &size));
  memset(pointers, CANARY, sizeof pointers);
  memset(text, CANARY, sizeof text);
  EXPECT(SUCCESS, wasi_environ_get(pointers, text));
  EXPECT_EQUAL(CANARY, ((unsigned char*)&pointers[count])[0]);
  EXPECT_EQUAL(CANARY, ((unsigned char*)text)[size]);
}
FAILS_IN(HOST, environ_get, with_pointers_outside_memory) {
  EXPECT(FAULT, wasi_environ_get(NOWHERE, text));
}
FAILS_IN(HOST, environ_get, with_text_that_crosses_the_end_of_memory) {
  EXPECT(FAULT, wasi_environ_get(pointers, before_end(1)));
}

SUCCEEDS_IN(HOST, environ_sizes_get, counts_nothing_that_was_not_granted) {
  uint32_t count = 0, size = 0;
  EXPECT(SUCCESS, wasi_environ_sizes_get(&count, &size));
  EXPECT_EQUAL(VARIABLES, count);
  EXPECT_EQUAL(sizeof "EMPTY=" + sizeof "TEXT=some text" + sizeof "MORE=a=b", size);
}
FAILS_IN(HOST, environ_sizes_get, with_the_count_across_the_end_of_memory) {
  uint32_t size = 0;
  EXPECT(FAULT, wasi_environ_sizes_get(before_end(3), &size));
}
FAILS_IN(HOST, environ_sizes_get, with_the_size_outside_memory) {
  uint32_t count = 0;
  EXPECT(FAULT, wasi_environ_sizes_get(&count, NOWHERE));
}
