#include "server/launcher/launch.h"

#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>

namespace skiff {
namespace {

namespace fs = std::filesystem;

// The inspector's signal is off: a tenant's host is not debugged.
constexpr const char* kEngineFlags[] = {"--disable-sigusr1", "--no-warnings", "--v8-pool-size=2"};
// No tiers and no laziness.
constexpr const char* kAheadFlags[] = {"--no-liftoff", "--no-wasm-lazy-compilation"};

/// The engine takes options from its environment; none of them is the operator's to set by
/// accident.
void clearEnvironment() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry; ++entry) {
    if (std::strncmp(*entry, "NODE_", 5) == 0) {
      names.emplace_back(*entry, std::strcspn(*entry, "="));
    }
  }
  for (const std::string& name : names) ::unsetenv(name.c_str());
}

/// The engine's own event loops, which do little, are to do without rings (io_uring). One that was
/// made before would be a way around the filter that a sandboxed daemon has; without a way to its
/// ring, a loop aborts. Best effort: where there are no filters, there is no sandbox either.
void forbidRings() {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(steps), steps};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
}

/// `self`, as it was called if that was by a path.
std::string nameOf(const fs::path& self) {
  const char* const called = program_invocation_name;
  if (called == nullptr || std::strchr(called, '/') == nullptr) return self.string();
  std::error_code error;
  const fs::path path = fs::absolute(called, error);
  return error || !fs::equivalent(path, self, error) ? self.string() : path.string();
}

int fail(const std::string& what) {
  std::fprintf(stderr, "skiff: %s\n", what.c_str());
  return 69;  // EX_UNAVAILABLE
}

}  // namespace

int launchAddon(std::string_view addon, const std::vector<std::string>& arguments,
                Compilation compilation) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return fail("cannot find itself in /proc: " + error.message());
  const fs::path library = self.parent_path().parent_path() / "lib" / "skiff";
  const fs::path engine = library / "engine";
  const fs::path loaded = addon.find('/') == addon.npos ? library / addon : fs::absolute(addon);
  for (const fs::path& needed : {engine, loaded}) {
    if (!fs::exists(needed))
      return fail(needed.string() + " is missing: run 'make deps' and build");
  }

  clearEnvironment();
  forbidRings();
  // For a daemon that starts its successor: who it is, by the name that it was started by, which
  // may be a link to another version by then; and that what it passes on is for this process.
  ::setenv("SKIFF_EXECUTABLE", nameOf(self).c_str(), 1);
  if (std::getenv("SKIFF_LISTEN_PID") != nullptr) {
    ::unsetenv("SKIFF_LISTEN_PID");
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  }
  // Libraries that came along, where the system is not expected to have them.
  if (const fs::path shared = library / "shared"; fs::is_directory(shared, error)) {
    ::setenv("LD_LIBRARY_PATH", shared.c_str(), 1);
  }
#ifdef SKIFF_ASAN_RUNTIME
  ::setenv("LD_PRELOAD", SKIFF_ASAN_RUNTIME, 1);
  const std::string suppressions = "suppressions=" + (library / "engine_leaks.supp").string();
  ::setenv("LSAN_OPTIONS", (suppressions + ":print_suppressions=0").c_str(), 1);
#endif
  std::vector<std::string> all{engine.string()};
  all.insert(all.end(), std::begin(kEngineFlags), std::end(kEngineFlags));
  if (compilation == Compilation::ahead) {
    all.insert(all.end(), std::begin(kAheadFlags), std::end(kAheadFlags));
  }
  all.push_back((library / "boot.cjs").string());
  all.push_back(loaded.string());
  all.insert(all.end(), arguments.begin(), arguments.end());

  std::vector<char*> pointers;
  for (std::string& argument : all) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(engine.c_str(), pointers.data());
  return fail("cannot start " + engine.string() + ": " + std::strerror(errno));
}

}  // namespace skiff
