// `skiff`, the command line client: speaks to a daemon's admin listener, and runs programs.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>

#include "cli/commands/run_skiff.h"
#ifdef SKIFF_WASI_RUN
#include "server/launcher/launch.h"
#endif

namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

}  // namespace

int main(int argc, char** argv) {
  try {
#ifdef SKIFF_WASI_RUN
    // Reads its own words, which may be anything.
    if (argc > 1 && std::string_view(argv[1]) == "wasi-run") {
      return skiff::launchAddon(SKIFF_WASI_RUN, {argv + 2, argv + argc},
                                skiff::Compilation::onDemand);
    }
#endif
    skiff::cli::Surroundings surroundings{skiff::cli::standardConsole(), environment};
    return static_cast<int>(skiff::cli::runSkiff({argv + 1, argv + argc}, surroundings));
  } catch (const std::exception& error) {
    std::cerr << "skiff: " << error.what() << "\n";
    return static_cast<int>(skiff::cli::ExitStatus::failed);
  }
}
