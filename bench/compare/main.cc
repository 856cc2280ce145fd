// skiff beside its peers: real servers under the same load, in turns. Nothing here is a test: the
// machine decides as well.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <functional>
#include <stdexcept>

#include "bench/compare/catalogue.h"
#include "bench/compare/circumstances.h"
#include "bench/compare/compare.h"
#include "bench/compare/density.h"
#include "bench/compare/descriptors.h"
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

void checkNames(const Settings& settings, const std::vector<std::string>& names) {
  for (const std::string& name : settings.only) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw std::runtime_error("there is no workload \"" + name + "\"; --list names all");
    }
  }
}

/// A workload of the catalogue, or density.
struct Measurable {
  std::string name;
  std::string shows;
  std::function<boost::json::object(const boost::json::object& circumstances)> measure;
};

std::vector<Measurable> measurables(const std::vector<Workload>& workloads,
                                    const Settings& settings) {
  std::vector<Measurable> all;
  for (const Workload& workload : workloads) {
    all.push_back({workload.name, workload.shows, [&](const boost::json::object& around) {
                     return toJson(compare(workload, settings.rounds), settings.rounds, around);
                   }});
  }
  all.push_back({"density", kDensityShows, [&](const boost::json::object& around) {
                   return density(settings.places, settings.rounds.count, around);
                 }});
  return all;
}

int run(const Settings& settings) {
  if (!settings.baseline.empty()) {
    const Baseline what = settings.update ? Baseline::update : Baseline::compare;
    return gate(settings.places, settings.baseline, what) ? 0 : kRoseStatus;
  }
  raiseDescriptorLimit();
  const std::vector<Workload> workloads = catalogue(settings.places);
  const std::vector<Measurable> all = measurables(workloads, settings);
  std::vector<std::string> names;
  for (const Measurable& one : all) names.push_back(one.name);
  checkNames(settings, names);
  const Circumstances circumstances(settings.places);
  std::vector<std::string> failed;
  for (const Measurable& one : all) {
    if (!settings.wants(one.name)) continue;
    std::printf("%s: %s\n", one.name.c_str(), one.shows.c_str());
    std::fflush(stdout);
    if (settings.list) continue;
    // The others' figures are worth having: most of an hour may have gone into them.
    try {
      const auto made = one.measure(circumstances.with(commandFor(settings, one.name)));
      printAims(made);
      if (!settings.results.empty()) writeResult(settings.results, made);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "skiff_compare: %s: %s\n", one.name.c_str(), error.what());
      failed.push_back(one.name);
    }
  }
  if (!settings.results.empty() && !settings.list) renderResults(settings.results, names);
  for (const std::string& name : failed) {
    std::fprintf(stderr, "skiff_compare: %s was not measured, for the reason above\n",
                 name.c_str());
  }
  return failed.empty() ? 0 : 1;
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
