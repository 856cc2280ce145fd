// Runs the program that it is given as on a kernel that has no Landlock.
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

int main(int argc, char** argv) {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  if (argc < 2 || filter == nullptr ||
      ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) !=
          0 ||
      ::seccomp_load(filter) != 0) {
    std::fputs("without_landlock: no filter\n", stderr);
    return 1;
  }
  ::execv(argv[1], argv + 1);
  std::perror(argv[1]);
  return 1;
}
