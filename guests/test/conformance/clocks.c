/* clock_res_get, clock_time_get. The clocks of CPU time are not granted. */

#include "conformance.h"

#define SECOND 1000000000ull

SUCCEEDS_IN(HOST, clock_res_get, of_the_realtime_clock) {
  uint64_t resolution = 0;
  EXPECT(SUCCESS, wasi_clock_res_get(CLOCK_ID_REALTIME, &resolution));
  EXPECT_TRUE(resolution > 0 && resolution <= SECOND);
}
SUCCEEDS_IN(HOST, clock_res_get, of_the_monotonic_clock) {
  uint64_t resolution = 0;
  EXPECT(SUCCESS, wasi_clock_res_get(CLOCK_ID_MONOTONIC, &resolution));
  EXPECT_TRUE(resolution > 0 && resolution <= SECOND);
}
FAILS_IN(HOST, clock_res_get, of_the_clock_of_the_process) {
  uint64_t resolution;
  EXPECT(INVAL, wasi_clock_res_get(CLOCK_ID_PROCESS_CPUTIME, &resolution));
}
FAILS_IN(HOST, clock_res_get, of_the_clock_of_the_thread) {
  uint64_t resolution;
  EXPECT(INVAL, wasi_clock_res_get(CLOCK_ID_THREAD_CPUTIME, &resolution));
}
FAILS_IN(HOST, clock_res_get, of_a_clock_that_there_is_not) {
  uint64_t resolution;
  EXPECT(INVAL, wasi_clock_res_get(4, &resolution));
}
FAILS_IN(HOST, clock_res_get, of_the_largest_number) {
  uint64_t resolution;
  EXPECT(INVAL, wasi_clock_res_get(0xffffffffu, &resolution));
}
FAILS_IN(HOST, clock_res_get, with_the_result_across_the_end_of_memory) {
  EXPECT(FAULT, wasi_clock_res_get(CLOCK_ID_REALTIME, before_end(7)));
}

SUCCEEDS_IN(HOST, clock_time_get, counts_real_time_from_1970) {
  uint64_t now = 0;
  EXPECT(SUCCESS, wasi_clock_time_get(CLOCK_ID_REALTIME, 1, &now));
  EXPECT_TRUE(now > 1600000000 * SECOND); /* 2020 */
  EXPECT_TRUE(now < 7258118400 * SECOND); /* 2200 */
}
SUCCEEDS_IN(HOST, clock_time_get, never_goes_back_by_the_monotonic_clock) {
  uint64_t before = 0;
  EXPECT(SUCCESS, wasi_clock_time_get(CLOCK_ID_MONOTONIC, 0, &before));
  for (int i = 0; i < 1000; ++i) {
    uint64_t now = 0;
    EXPECT(SUCCESS, wasi_clock_time_get(CLOCK_ID_MONOTONIC, 0, &now));
    EXPECT_TRUE(now >= before);
    before = now;
  }
}
SUCCEEDS_IN(HOST, clock_time_get, goes_on_by_the_monotonic_clock) {
  uint64_t began = 0, now = 0;
  EXPECT(SUCCESS, wasi_clock_time_get(CLOCK_ID_MONOTONIC, 0, &began));
  for (int i = 0; i < 10000000 && now <= began; ++i) {
    EXPECT(SUCCESS, wasi_clock_time_get(CLOCK_ID_MONOTONIC, 0, &now));
  }
  EXPECT_TRUE(now > began);
}
SUCCEEDS_IN(HOST, clock_time_get, with_any_precision) {
  uint64_t now = 0;
  EXPECT(SUCCESS, wasi_clock_time_get(CLOCK_ID_REALTIME, UINT64_MAX, &now));
  EXPECT_TRUE(now > 1600000000 * SECOND);
}
FAILS_IN(HOST, clock_time_get, of_the_clock_of_the_process) {
  uint64_t now;
  EXPECT(INVAL, wasi_clock_time_get(CLOCK_ID_PROCESS_CPUTIME, 0, &now));
}
FAILS_IN(HOST, clock_time_get, of_the_clock_of_the_thread) {
  uint64_t now;
  EXPECT(INVAL, wasi_clock_time_get(CLOCK_ID_THREAD_CPUTIME, 0, &now));
}
FAILS_IN(HOST, clock_time_get, of_a_clock_that_there_is_not) {
  uint64_t now;
  EXPECT(INVAL, wasi_clock_time_get(4, 0, &now));
}
FAILS_IN(HOST, clock_time_get, with_the_result_outside_memory) {
  EXPECT(FAULT, wasi_clock_time_get(CLOCK_ID_REALTIME, 0, NOWHERE));
}
FAILS_IN(HOST, clock_time_get, with_the_result_across_the_end_of_memory) {
  EXPECT(FAULT, wasi_clock_time_get(CLOCK_ID_MONOTONIC, 0, before_end(7)));
}
