/* poll_oneoff. Of a subscription that cannot be, the event tells the error. */

#include "conformance.h"

#define MILLISECOND 1000000ull
#define HOUR (3600000 * MILLISECOND)

static struct Event events[8];
static uint32_t happened;

static struct Subscription clock_of(uint32_t clock, uint64_t timeout, uint16_t flags) {
  return (struct Subscription){
      .userdata = 0x1122334455667788, .subject = clock, .timeout = timeout, .flags = flags};
}
static struct Subscription fd_of(uint8_t type, uint32_t fd) {
  return (struct Subscription){.userdata = 0x8877665544332211, .type = type, .subject = fd};
}
static uint32_t poll(const struct Subscription* subscriptions, uint32_t count) {
  memset(events, 0xa5, sizeof events);
  happened = 99;
  return wasi_poll_oneoff(subscriptions, events, count, &happened);
}
static uint64_t now_of(uint32_t clock) {
  uint64_t now = 0;
  errno_is("setup", 0, "clock_time_get", ERRNO_SUCCESS, wasi_clock_time_get(clock, 0, &now));
  return now;
}

SUCCEEDS_IN(HOST, poll_oneoff, of_a_clock_waits_as_long_as_told) {
  const struct Subscription in = clock_of(CLOCK_ID_MONOTONIC, 3 * MILLISECOND, 0);
  const uint64_t began = now_of(CLOCK_ID_MONOTONIC);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_TRUE(now_of(CLOCK_ID_MONOTONIC) - began >= 3 * MILLISECOND);
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(EVENT_CLOCK, events[0].type);
  EXPECT_EQUAL(ERRNO_SUCCESS, events[0].error);
}
SUCCEEDS_IN(HOST, poll_oneoff, gives_userdata_back) {
  const struct Subscription in = clock_of(CLOCK_ID_MONOTONIC, 0, 0);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_EQUAL(0x1122334455667788, events[0].userdata);
}
SUCCEEDS_IN(HOST, poll_oneoff, of_the_realtime_clock_for_a_while) {
  const struct Subscription in = clock_of(CLOCK_ID_REALTIME, MILLISECOND, 0);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_EQUAL(1, happened);
}
SUCCEEDS_IN(HOST, poll_oneoff, until_a_moment_of_the_monotonic_clock) {
  const uint64_t until = now_of(CLOCK_ID_MONOTONIC) + 2 * MILLISECOND;
  const struct Subscription in = clock_of(CLOCK_ID_MONOTONIC, until, SUBCLOCK_ABSTIME);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_TRUE(now_of(CLOCK_ID_MONOTONIC) >= until);
}
SUCCEEDS_IN(HOST, poll_oneoff, until_a_moment_of_the_realtime_clock) {
  const uint64_t until = now_of(CLOCK_ID_REALTIME) + 2 * MILLISECOND;
  const struct Subscription in = clock_of(CLOCK_ID_REALTIME, until, SUBCLOCK_ABSTIME);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_TRUE(now_of(CLOCK_ID_REALTIME) >= until);
}
SUCCEEDS_IN(HOST, poll_oneoff, until_a_moment_that_has_passed_does_not_wait) {
  const struct Subscription in = clock_of(CLOCK_ID_REALTIME, 1000, SUBCLOCK_ABSTIME);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_EQUAL(1, happened);
}
SUCCEEDS_IN(HOST, poll_oneoff, of_two_clocks_gives_the_one_that_is_due) {
  struct Subscription in[] = {clock_of(CLOCK_ID_MONOTONIC, HOUR, 0),
                              clock_of(CLOCK_ID_MONOTONIC, MILLISECOND, 0)};
  in[1].userdata = 2;
  EXPECT(SUCCESS, poll(in, 2));
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(2, events[0].userdata);
}
SUCCEEDS_IN(HOST, poll_oneoff, of_two_clocks_that_are_due_gives_both) {
  const struct Subscription in[] = {clock_of(CLOCK_ID_MONOTONIC, 0, 0),
                                    clock_of(CLOCK_ID_REALTIME, 0, 0)};
  EXPECT(SUCCESS, poll(in, 2));
  EXPECT_EQUAL(2, happened);
}
SUCCEEDS_IN(HOST, poll_oneoff, writes_no_more_events_than_it_tells) {
  const struct Subscription in[] = {clock_of(CLOCK_ID_MONOTONIC, 0, 0),
                                    clock_of(CLOCK_ID_MONOTONIC, HOUR, 0)};
  EXPECT(SUCCESS, poll(in, 2));
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(0xa5a5a5a5a5a5a5a5, events[1].userdata);
}
SUCCEEDS(poll_oneoff, of_a_file_says_how_much_there_is_to_read) {
  make_file("file", "content");
  const struct Subscription in = fd_of(EVENT_FD_READ, open_file("file"));
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(EVENT_FD_READ, events[0].type);
  EXPECT_EQUAL(ERRNO_SUCCESS, events[0].error);
  EXPECT_EQUAL(7, events[0].available);
}
SUCCEEDS(poll_oneoff, of_a_file_can_always_be_written) {
  make_file("file", "content");
  const struct Subscription in = fd_of(EVENT_FD_WRITE, open_file("file"));
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_EQUAL(EVENT_FD_WRITE, events[0].type);
  EXPECT_EQUAL(ERRNO_SUCCESS, events[0].error);
}
SUCCEEDS_IN(HOST, poll_oneoff, of_standard_input_that_has_something) {
  const struct Subscription in = fd_of(EVENT_FD_READ, 0);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(ERRNO_SUCCESS, events[0].error);
}
SUCCEEDS_IN(HOST, poll_oneoff, of_standard_output_and_error) {
  const struct Subscription in[] = {fd_of(EVENT_FD_WRITE, 1), fd_of(EVENT_FD_WRITE, 2)};
  EXPECT(SUCCESS, poll(in, 2));
  EXPECT_TRUE(happened >= 1);
  EXPECT_EQUAL(ERRNO_SUCCESS, events[0].error);
}
SUCCEEDS_IN(SILENT, poll_oneoff, of_standard_input_where_nothing_comes_ends_by_the_clock) {
  const struct Subscription in[] = {fd_of(EVENT_FD_READ, 0),
                                    clock_of(CLOCK_ID_MONOTONIC, 5 * MILLISECOND, 0)};
  EXPECT(SUCCESS, poll(in, 2));
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(EVENT_CLOCK, events[0].type);
}
SUCCEEDS_IN(SILENT, poll_oneoff, does_not_wait_for_input_when_output_is_ready) {
  const struct Subscription in[] = {fd_of(EVENT_FD_READ, 0), fd_of(EVENT_FD_WRITE, 1)};
  EXPECT(SUCCESS, poll(in, 2));
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(EVENT_FD_WRITE, events[0].type);
}
FAILS(poll_oneoff, of_what_was_never_opened_by_its_event) {
  const struct Subscription in = fd_of(EVENT_FD_READ, NEVER_OPENED);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(ERRNO_BADF, events[0].error);
  EXPECT_EQUAL(EVENT_FD_READ, events[0].type);
  EXPECT_EQUAL(0x8877665544332211, events[0].userdata);
}
FAILS(poll_oneoff, of_one_does_not_wait_for_the_others) {
  const struct Subscription in[] = {clock_of(CLOCK_ID_MONOTONIC, HOUR, 0),
                                    fd_of(EVENT_FD_WRITE, NEVER_OPENED)};
  EXPECT(SUCCESS, poll(in, 2));
  EXPECT_EQUAL(1, happened);
  EXPECT_EQUAL(ERRNO_BADF, events[0].error);
}
FAILS(poll_oneoff, without_the_right_by_its_event) {
  make_file("file", "content");
  const struct Subscription in[] = {
      fd_of(EVENT_FD_READ, open_with("file", RIGHT_FD_READ)),
      fd_of(EVENT_FD_WRITE, open_with("file", RIGHT_FD_READ | RIGHT_POLL_FD_READWRITE))};
  EXPECT(SUCCESS, poll(in, 2));
  EXPECT_EQUAL(2, happened);
  EXPECT_EQUAL(ERRNO_NOTCAPABLE, events[0].error);
  EXPECT_EQUAL(ERRNO_NOTCAPABLE, events[1].error);
}
FAILS_IN(HOST, poll_oneoff, of_a_clock_that_there_is_not_by_its_event) {
  const struct Subscription in = clock_of(7, MILLISECOND, 0);
  EXPECT(SUCCESS, poll(&in, 1));
  EXPECT_EQUAL(ERRNO_INVAL, events[0].error);
}
FAILS_IN(HOST, poll_oneoff, of_a_type_that_there_is_not) {
  const struct Subscription in = fd_of(3, 0);
  const uint32_t error = poll(&in, 1);
  EXPECT_EQUAL(ERRNO_INVAL, error == ERRNO_SUCCESS ? events[0].error : error);
}
FAILS_IN(HOST, poll_oneoff, of_nothing) {
  EXPECT(INVAL, poll(NULL, 0));
}
FAILS_IN(HOST, poll_oneoff, with_subscriptions_outside_memory) {
  EXPECT(FAULT, poll(NOWHERE, 1));
  EXPECT(FAULT, poll(before_end(47), 1));
}
FAILS_IN(HOST, poll_oneoff, with_events_outside_memory) {
  const struct Subscription in = clock_of(CLOCK_ID_MONOTONIC, 0, 0);
  EXPECT(FAULT, wasi_poll_oneoff(&in, before_end(31), 1, &happened));
}
FAILS_IN(HOST, poll_oneoff, with_the_result_outside_memory) {
  const struct Subscription in = clock_of(CLOCK_ID_MONOTONIC, 0, 0);
  EXPECT(FAULT, wasi_poll_oneoff(&in, events, 1, before_end(3)));
}
FAILS_IN(HOST, poll_oneoff, of_more_than_memory_holds) {
  const struct Subscription in = clock_of(CLOCK_ID_MONOTONIC, 0, 0);
  EXPECT_EITHER(INVAL, FAULT, poll(&in, 0xffffffffu));
  EXPECT_EITHER(INVAL, FAULT, poll(&in, 0x05555556u)); /* times 48 is 32 beyond 2^32 */
}
