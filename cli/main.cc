// `skiff`, the command line client: speaks to a daemon's admin listener, and runs programs.
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/commands.h"
#ifdef SKIFF_WASI_RUN
#include "server/launcher/launch.h"
#endif

namespace {

int run(int argc, char** argv) {
  CLI::App app("Looks after a skiff daemon through its admin listener, and runs WASI programs.",
               "skiff");
  app.set_version_flag("--version", "skiff " SKIFF_VERSION);
  app.require_subcommand(1);
  app.fallthrough();  // options of `skiff` may follow the command
  app.footer(
      "Exit status of status and metrics: 0 yes, 1 no (not ready, nothing found), 2 no answer or "
      "wrong usage.");

  std::string admin = "http://127.0.0.1:9090";
  app.add_option("--admin", admin, "Where the daemon's admin listener is: [admin] listen")
      ->envname("SKIFF_ADMIN")
      ->type_name("URL")
      ->capture_default_str();

  CLI::App& status =
      *app.add_subcommand("status", "Tell whether the daemon is alive and ready, and what it is");
  CLI::App& metrics = *app.add_subcommand("metrics", "Print the daemon's metrics");
  std::string pattern;
  metrics.add_option("pattern", pattern, "Only those whose name or labels contain this text")
      ->type_name("PATTERN");

#ifdef SKIFF_WASI_RUN
  app.add_subcommand("wasi-run", "Run a WASI program on its own, here");
#endif

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(skiff::ExitStatus::failed);
  }

  const auto address = skiff::AdminAddress::parse(admin);
  if (!address) {
    std::cerr << "skiff: " << address.error().message << "\n";
    return static_cast<int>(skiff::ExitStatus::failed);
  }
  const skiff::ExitStatus ended = status.parsed()
                                      ? showStatus(*address, std::cout, std::cerr)
                                      : showMetrics(*address, pattern, std::cout, std::cerr);
  return static_cast<int>(ended);
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
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "skiff: " << error.what() << "\n";
    return static_cast<int>(skiff::ExitStatus::failed);
  }
}
