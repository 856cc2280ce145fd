// skiff beside its peers: real servers under the same load, in turns. Nothing here is a test: the
// machine decides as well.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>

#include "bench/compare/compare.h"
#include "bench/compare/figures.h"

namespace skiff::bench {
namespace {

struct Settings {
  Places places;
  Rounds rounds;
  std::vector<std::string> only;
  bool list = false;
};

void addPlaces(CLI::App& app, Places& places) {
  app.add_option("--skiffd", places.skiffd, "the daemon to measure")->check(CLI::ExistingFile);
  app.add_option("--guests", places.guests, "the built guests")->check(CLI::ExistingDirectory);
  app.add_option("--nginx", places.nginx, "nginx")->check(CLI::ExistingFile);
  app.add_option("--workerd", places.workerd, "workerd")->check(CLI::ExistingFile);
}

void printAims(const Outcome& outcome) {
  for (const Aim& aim : outcome.workload->aims) {
    const std::optional<Judged> judged = judge(aim, outcome.rows);
    if (!judged) continue;
    std::printf("  %-58s %8.3f (%.3f to %.3f), at %s %.3g: %s\n", aim.text.c_str(),
                judged->value.median, judged->value.least, judged->value.most,
                aim.bound == Bound::atLeast ? "least" : "most", aim.target,
                judged->met ? "met" : "MISSED");
  }
  std::fflush(stdout);
}

int run(const Settings& settings) {
  for (const Workload& workload : catalogue(settings.places)) {
    const auto& only = settings.only;
    if (!only.empty() && std::find(only.begin(), only.end(), workload.name) == only.end()) continue;
    if (settings.list) {
      std::printf("%-24s %s\n", workload.name.c_str(), workload.shows.c_str());
      continue;
    }
    printAims(compare(workload, settings.rounds));
  }
  return 0;
}

}  // namespace
}  // namespace skiff::bench

int main(int argc, char** argv) {
  skiff::bench::Settings settings;
  CLI::App app("Measures skiff beside nginx and workerd");
  skiff::bench::addPlaces(app, settings.places);
  app.add_option("--rounds", settings.rounds.count, "rounds, in each of which all are measured")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--seconds", settings.rounds.seconds, "of each run")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_option("--only", settings.only, "these workloads only");
  app.add_flag("--list", settings.list, "name the workloads and what they show");
  CLI11_PARSE(app, argc, argv);
  try {
    return skiff::bench::run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skiff_compare: %s\n", error.what());
    return 1;
  }
}
