/* random_get */

#include "conformance.h"

static unsigned char bytes[65536 + 2];

SUCCEEDS_IN(HOST, random_get, never_gives_the_same_twice) {
  unsigned char one[32], other[32];
  EXPECT(SUCCESS, wasi_random_get(one, sizeof one));
  EXPECT(SUCCESS, wasi_random_get(other, sizeof other));
  EXPECT_TRUE(memcmp(one, other, sizeof one) != 0);
}
SUCCEEDS_IN(HOST, random_get, fills_the_buffer_and_no_more) {
  memset(bytes, 0, sizeof bytes);
  EXPECT(SUCCESS, wasi_random_get(bytes + 1, sizeof bytes - 2));
  EXPECT_EQUAL(0, bytes[0]);
  EXPECT_EQUAL(0, bytes[sizeof bytes - 1]);
  /* Each of its 256 stretches has something: that none has would take chance 2^-2040. */
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t sum = 0;
    for (uint32_t j = 0; j < 255; ++j) sum += bytes[1 + i * 256 + j];
    EXPECT_TRUE(sum > 0);
  }
}
SUCCEEDS_IN(HOST, random_get, of_nothing) {
  unsigned char one = 7;
  EXPECT(SUCCESS, wasi_random_get(&one, 0));
  EXPECT_EQUAL(7, one);
}
SUCCEEDS_IN(HOST, random_get, of_nothing_at_the_end_of_memory) {
  EXPECT(SUCCESS, wasi_random_get(before_end(0), 0));
}
FAILS_IN(HOST, random_get, with_the_buffer_outside_memory) {
  EXPECT(FAULT, wasi_random_get(NOWHERE, 1));
}
FAILS_IN(HOST, random_get, with_the_buffer_across_the_end_of_memory) {
  EXPECT(FAULT, wasi_random_get(before_end(31), 32));
}
FAILS_IN(HOST, random_get, with_a_size_that_wraps_around) {
  EXPECT_EITHER(FAULT, INVAL, wasi_random_get(bytes, 0xffffffffu));
}
