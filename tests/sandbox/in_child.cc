#include "tests/sandbox/in_child.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace skiff {
namespace {

/// What no child takes.
constexpr unsigned kSeconds = 60;
constexpr int kFailed = 3;

}  // namespace

void inChild(const std::function<void()>& step) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(kSeconds);
    step();
    // Its expectations print what fails.
    ::_exit(::testing::Test::HasFailure() ? kFailed : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "see above";
}

int errorOf(long result) {
  return result < 0 ? errno : 0;
}

}  // namespace skiff
