// skiff beside its peers: real servers under the same load, in turns. Nothing here is a test: the
// machine decides as well.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <exception>

#include "bench/compare/circumstances.h"
#include "bench/compare/compare.h"
#include "bench/compare/density.h"
#include "bench/compare/gate.h"
#include "bench/compare/results.h"

namespace skiff::bench {
namespace {

struct Settings {
  Places places;
  Rounds rounds;
  std::vector<std::string> only;
  std::filesystem::path results;
  std::filesystem::path baseline;
  bool update = false;
  bool list = false;

  bool wants(const std::string& name) const {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  }
};

constexpr int kRoseStatus = 3;

std::string commandFor(const Settings& settings, const std::string& name) {
  return "make bench ONLY=" + name + " ROUNDS=" + std::to_string(settings.rounds.count) +
         " SECONDS=" + std::to_string(static_cast<int>(settings.rounds.seconds));
}

void addOptions(CLI::App& app, Settings& settings) {
  Places& places = settings.places;
  app.add_option("--skiffd", places.skiffd, "the daemon to measure")->check(CLI::ExistingFile);
  app.add_option("--guests", places.guests, "the built guests")->check(CLI::ExistingDirectory);
  app.add_option("--nginx", places.nginx, "nginx")->check(CLI::ExistingFile);
  app.add_option("--workerd", places.workerd, "workerd")->check(CLI::ExistingFile);
  app.add_option("--rounds", settings.rounds.count, "rounds, in each of which all are measured")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--seconds", settings.rounds.seconds, "of each run")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  app.add_option("--only", settings.only, "these workloads only");
  app.add_option("--results", settings.results, "the folder to keep results in, and a table");
  app.add_option(
      "--gate", settings.baseline,
      "compare instructions per request with those in this file instead: 3 if they rose");
  app.add_flag("--update", settings.update, "write that file")->needs("--gate");
  app.add_flag("--list", settings.list, "name the workloads and what they show");
}

void printAims(const boost::json::object& result) {
  for (const boost::json::value& aim : result.at("aims").as_array()) {
    const boost::json::value& value = aim.at("value");
    std::printf("  %-70s %8.3f (%.3f to %.3f), %s %.3g: %s\n", aim.at("text").as_string().c_str(),
                value.at("median").as_double(), value.at("least").as_double(),
                value.at("most").as_double(), aim.at("bound").as_string().c_str(),
                aim.at("target").as_double(), aim.at("met").as_bool() ? "met" : "MISSED");
  }
  std::fflush(stdout);
}

int run(const Settings& settings) {
  if (!settings.baseline.empty()) {
    const Baseline what = settings.update ? Baseline::update : Baseline::compare;
    return gate(settings.places, settings.baseline, what) ? 0 : kRoseStatus;
  }
  std::vector<std::string> names;
  const auto measure = [&](const std::string& name, const std::string& shows,
                           const std::function<boost::json::object(boost::json::object)>& result) {
    names.push_back(name);
    if (!settings.wants(name)) return;
    std::printf("%s: %s\n", name.c_str(), shows.c_str());
    std::fflush(stdout);
    if (settings.list) return;
    const auto made = result(circumstances(settings.places, commandFor(settings, name)));
    printAims(made);
    if (!settings.results.empty()) writeResult(settings.results, made);
  };
  for (const Workload& workload : catalogue(settings.places)) {
    measure(workload.name, workload.shows, [&](const boost::json::object& around) {
      return toJson(compare(workload, settings.rounds), settings.rounds, around);
    });
  }
  measure("density", kDensityShows, [&](const boost::json::object& around) {
    return density(settings.places, settings.rounds.count, around);
  });
  if (!settings.results.empty() && !settings.list) renderResults(settings.results, names);
  return 0;
}

}  // namespace
}  // namespace skiff::bench

int main(int argc, char** argv) {
  skiff::bench::Settings settings;
  CLI::App app("Measures skiff beside nginx and workerd");
  skiff::bench::addOptions(app, settings);
  CLI11_PARSE(app, argc, argv);
  try {
    return skiff::bench::run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skiff_compare: %s\n", error.what());
    return 1;
  }
}
