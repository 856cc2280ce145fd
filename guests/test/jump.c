/* Jumps in every way that setjmp allows, and answers with what went wrong, or with "all is well".
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

static jmp_buf outer, inner;
static int failures;

static void expect(int holds, const char* what) {
  if (holds) return;
  printf("not so: %s\n", what);
  ++failures;
}

static void jump_from(int depth, jmp_buf to, int value) {
  if (depth > 0) {
    jump_from(depth - 1, to, value);
    printf("a function that was left goes on\n");
  }
  longjmp(to, value);
}

static void jumps_carry_their_value(void) {
  volatile int calls = 0;
  const int value = setjmp(outer);
  ++calls;
  if (value == 0) jump_from(0, outer, 7);
  expect(value == 7 && calls == 2, "longjmp's value is what setjmp returns");
}

static void zero_becomes_one(void) {
  const int value = setjmp(outer);
  if (value == 0) jump_from(3, outer, 0);
  expect(value == 1, "longjmp with 0 lets setjmp return 1");
}

/* More jumps than its table first has room for, and each to the last setjmp. */
static void one_function_calls_setjmp_often(void) {
  volatile int sum = 0;
  for (volatile int i = 1; i <= 100; ++i) {
    const int value = setjmp(outer);
    if (value == 0) jump_from(i % 5, outer, i);
    sum += value;
  }
  expect(sum == 5050, "setjmp in a loop is jumped to each time");
}

static void pass_over(void) {
  if (setjmp(inner) == 0) jump_from(2, outer, 9);
  expect(0, "a jump to an outer function does not end in an inner one");
}

static void jumps_pass_over_functions_with_jumps_of_their_own(void) {
  const int value = setjmp(outer);
  if (value == 0) pass_over();
  expect(value == 9, "a jump passes over a function that calls setjmp itself");
}

static void two_places_in_one_function_are_told_apart(void) {
  char order[8] = "";
  char* volatile end = order;
  if (setjmp(outer) == 0) {
    if (setjmp(inner) == 0) {
      *end = 'a';
      end = end + 1;
      jump_from(1, inner, 1);
    }
    *end = 'b';
    end = end + 1;
    jump_from(1, outer, 1);
  }
  *end = 'c';
  expect(strcmp(order, "abc") == 0, "each jump ends at its own setjmp");
}

int main(void) {
  printf("Content-Type: text/plain\n\n");
  jumps_carry_their_value();
  zero_becomes_one();
  one_function_calls_setjmp_often();
  jumps_pass_over_functions_with_jumps_of_their_own();
  two_places_in_one_function_are_told_apart();
  if (failures == 0) printf("all is well\n");
  return 0;
}
