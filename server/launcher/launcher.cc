// Starts an addon in the engine's executable: finds both beside itself, clears what could change
// how the engine behaves, and becomes it. Built twice: as skiffd, which loads skiffd.node, and as
// run_addon, which loads the addon that its first argument names (tests, benchmarks).
#include <linux/limits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// No tiers and no laziness: every function is optimised before the first request, so nothing is
// compiled while requests are served. The inspector's signal is off: a tenant's host is not
// debugged.
constexpr const char* kEngineFlags[] = {
    "--no-liftoff",  "--no-wasm-lazy-compilation", "--disable-sigusr1",
    "--no-warnings", "--v8-pool-size=2",
};

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

int fail(const std::string& what) {
  std::fprintf(stderr, "skiff: %s\n", what.c_str());
  return 69;  // EX_UNAVAILABLE
}

}  // namespace

int main(int count, char** values) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return fail("cannot find itself in /proc: " + error.message());
  const fs::path library = self.parent_path().parent_path() / "lib" / "skiff";
  const fs::path engine = library / "engine";
  int next = 1;
#ifdef SKIFF_LAUNCHER_ADDON
  const fs::path addon = library / SKIFF_LAUNCHER_ADDON;
#else
  if (count < 2) return fail("usage: run_addon ADDON [ARGUMENTS...]");
  const fs::path addon = fs::absolute(values[next++]);
#endif
  if (!fs::exists(engine)) return fail(engine.string() + " is missing: run 'make deps' and build");

  clearEnvironment();
#ifdef SKIFF_ASAN_RUNTIME
  ::setenv("LD_PRELOAD", SKIFF_ASAN_RUNTIME, 1);
  const std::string suppressions = "suppressions=" + (library / "engine_leaks.supp").string();
  ::setenv("LSAN_OPTIONS", (suppressions + ":print_suppressions=0").c_str(), 1);
#endif
  std::vector<std::string> arguments{engine.string()};
  arguments.insert(arguments.end(), std::begin(kEngineFlags), std::end(kEngineFlags));
  arguments.push_back((library / "boot.cjs").string());
  arguments.push_back(addon.string());
  while (next < count) arguments.emplace_back(values[next++]);

  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(engine.c_str(), pointers.data());
  return fail("cannot start " + engine.string() + ": " + std::strerror(errno));
}
