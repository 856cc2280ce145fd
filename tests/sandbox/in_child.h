#pragma once

#include <functional>

namespace skiff {

/// Runs `step` in a child process, which it may confine for good: the test fails if the child's
/// expectations fail or it does not end in time. REQUIRES: this process has one thread.
void inChild(const std::function<void()>& step);

/// What errno a system call fails with, or 0: its result is `result`.
int errorOf(long result);

}  // namespace skiff
