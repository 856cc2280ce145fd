// Starts an addon in the engine's executable. Built twice: as skiffd, which loads skiffd.node, and
// as run_addon, which loads the addon that its first argument names (tests, benchmarks).
#include <cstdio>
#include <filesystem>

#include "server/launcher/launch.h"

int main(int count, char** values) {
  std::vector<std::string> arguments(values + 1, values + count);
#ifdef SKIFF_LAUNCHER_ADDON
  return skiff::launchAddon(SKIFF_LAUNCHER_ADDON, arguments);
#else
  if (arguments.empty()) {
    std::fprintf(stderr, "usage: run_addon ADDON [ARGUMENTS...]\n");
    return 64;  // EX_USAGE
  }
  const std::string addon = std::filesystem::absolute(arguments.front());
  arguments.erase(arguments.begin());
  return skiff::launchAddon(addon, arguments);
#endif
}
