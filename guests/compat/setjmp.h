#pragma once

/* setjmp and longjmp (C11, 7.13) for WASI, whose C library has none. Compile every file of the
 * program, and setjmp.c beside this one, with -mexception-handling -mllvm -wasm-enable-sjlj: LLVM
 * 14 then turns a jump into a WebAssembly exception. */

/* The number of the call of setjmp that filled it, 0 before the first. */
typedef unsigned int jmp_buf[1];

int setjmp(jmp_buf environment) __attribute__((__returns_twice__));
_Noreturn void longjmp(jmp_buf environment, int value);

/* A macro by the standard. */
#define setjmp setjmp
