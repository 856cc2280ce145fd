/* proc_exit, proc_raise, sched_yield. Signals are those of the specification, by number. */

#include "conformance.h"

/* How a program ends that the host ended: as if it had aborted. */
#define TRAPPED 134

ENDS_WITH(0, proc_exit, with_0) {
  wasi_proc_exit(0);
}
ENDS_WITH(1, proc_exit, with_1) {
  wasi_proc_exit(1);
}
ENDS_WITH(7, proc_exit, with_7) {
  wasi_proc_exit(7);
}
ENDS_WITH(125, proc_exit, with_125) {
  wasi_proc_exit(125);
}
ENDS_WITH(126, proc_exit, with_126) {
  wasi_proc_exit(126);
}
ENDS_WITH(255, proc_exit, with_255) {
  wasi_proc_exit(255);
}
ENDS_WITH(3, proc_exit, with_standard_output_closed) {
  wasi_fd_close(1);
  wasi_proc_exit(3);
}

static uint32_t descend(uint32_t depth) {
  if (depth == 0) wasi_proc_exit(5);
  return descend(depth - 1) + 1;
}
ENDS_WITH(5, proc_exit, from_deep_in_the_stack) {
  volatile uint32_t depth = 500;
  depth = descend(depth);
}

ENDS_WITH(TRAPPED, proc_raise, of_abrt) {
  wasi_proc_raise(6);
}
ENDS_WITH(TRAPPED, proc_raise, of_hup) {
  wasi_proc_raise(1);
}
ENDS_WITH(TRAPPED, proc_raise, of_kill) {
  wasi_proc_raise(9);
}
ENDS_WITH(TRAPPED, proc_raise, of_segv) {
  wasi_proc_raise(11);
}
ENDS_WITH(TRAPPED, proc_raise, of_term) {
  wasi_proc_raise(15);
}
ENDS_WITH(TRAPPED, proc_raise, of_sys) {
  wasi_proc_raise(30);
}
SUCCEEDS_IN(HOST, proc_raise, of_none_does_nothing) {
  EXPECT(SUCCESS, wasi_proc_raise(0));
}
SUCCEEDS_IN(HOST, proc_raise, of_what_is_ignored_does_nothing) {
  EXPECT(SUCCESS, wasi_proc_raise(16)); /* chld */
  EXPECT(SUCCESS, wasi_proc_raise(17)); /* cont */
  EXPECT(SUCCESS, wasi_proc_raise(22)); /* urg */
  EXPECT(SUCCESS, wasi_proc_raise(27)); /* winch */
}
FAILS_IN(HOST, proc_raise, of_stop_since_nobody_could_let_it_go_on) {
  EXPECT(NOTSUP, wasi_proc_raise(18));
}
FAILS_IN(HOST, proc_raise, of_a_signal_that_there_is_not) {
  EXPECT(INVAL, wasi_proc_raise(31));
}
FAILS_IN(HOST, proc_raise, of_the_largest_number) {
  EXPECT(INVAL, wasi_proc_raise(0xffffffffu));
}

SUCCEEDS_IN(HOST, sched_yield, once) {
  EXPECT(SUCCESS, wasi_sched_yield());
}
SUCCEEDS_IN(HOST, sched_yield, as_often_as_it_likes) {
  for (int i = 0; i < 10000; ++i) EXPECT(SUCCESS, wasi_sched_yield());
}
