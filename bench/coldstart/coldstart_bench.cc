// How long the first request to an app takes that is deployed and not loaded: real daemons, asked
// in an open loop. Prints tables and writes JSON. Nothing here is a test: the machine decides as
// well.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "bench/coldstart/module_maker.h"
#include "bench/coldstart/report.h"
#include "bench/coldstart/workerd.h"
#include "bench/filled_catalog.h"
#include "bench/process_tree.h"
#include "quota/thread_priority.h"
#include "tests/e2e/daemon.h"
#include "tests/e2e/variants.h"

namespace skiff::bench {
namespace {

using e2e::Daemon;

/// Modules of one size, and how many cold starts of them a second one processor can be asked for.
struct Workload {
  std::string name;
  std::size_t size = 0;  ///< 0: the smallest handler that the build has
  std::size_t apps = 0;
  double rate = 0;
  std::size_t compiledApps = 0;  ///< when everything has to be compiled
  double compiledRate = 0;
};

const std::vector<Workload> kWorkloads{
    {"hello", 0, 1000, 200, 200, 20},
    {"1KiB", std::size_t{1} << 10, 1000, 200, 200, 20},
    {"64KiB", std::size_t{64} << 10, 500, 100, 50, 5},
    {"1MiB", std::size_t{1} << 20, 200, 20, 10, 0.5},
    {"10MiB", std::size_t{10} << 20, 6, 1, 2, 0.05},
};

struct Settings {
  std::vector<std::string> only;
  std::optional<double> rate;
  std::optional<std::size_t> apps;
  int repetitions = 1;
  bool skipCompiling = false;
  std::string json = "bench-coldstart.json";
  std::string workerd;
};

std::string moduleOf(const Workload& workload, std::size_t number) {
  if (workload.size == 0) return e2e::moduleAnswering(number);
  return makeModule(workload.size, static_cast<std::uint32_t>(number) + 1);
}

std::string hostOf(std::size_t number) {
  return "tenant" + std::to_string(number) + ".test";
}

/// A daemon of one shard with so many apps in its catalog, and none of their code in its cache.
std::unique_ptr<Daemon> makeDaemon(const Workload& workload, std::size_t apps) {
  e2e::ConfigText config;
  config.server = "access_log = \"off\"\nshards = 1\nserver_timing = true\n";
  config.limits = "queue_ms = 60000\nwall_ms = 120000\n";
  pinTo(0);
  auto daemon = std::make_unique<Daemon>(config, [&](const std::filesystem::path& folder) {
    // The tests' daemons share what they compile.
    std::filesystem::remove(folder / "code");
    const FilledCatalog filled(apps, [&](std::size_t i) { return moduleOf(workload, i); });
    std::filesystem::copy(filled.folder(), folder,
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
  });
  pinTo(1);
  return daemon;
}

std::vector<Visit> visitAll(const Daemon& daemon, std::size_t apps, double rate) {
  return runOpenLoop({rate, apps, [&](std::size_t number) {
                        return Arrival{daemon.port(), e2e::request("GET", hostOf(number), "/")};
                      }});
}

void restart(Daemon& daemon) {
  pinTo(0);
  daemon.restart();
  pinTo(1);
}

void measure(const Settings& settings, const Workload& workload, std::vector<Scenario>& scenarios) {
  const auto visit = [&](std::string name, Daemon& daemon, std::size_t apps, double rate) {
    const double before = cpuSeconds(daemon.process().id());
    const auto visits = visitAll(daemon, apps, rate);
    const double used = cpuSeconds(daemon.process().id()) - before;
    scenarios.push_back(summarise("skiffd", std::move(name), rate, visits));
    scenarios.back().cpu = used * 1e6 / static_cast<double>(apps);
    print(scenarios.back());
  };
  if (!settings.skipCompiling) {
    const std::size_t apps =
        settings.apps ? std::min(*settings.apps, workload.compiledApps) : workload.compiledApps;
    const auto daemon = makeDaemon(workload, apps);
    visit(workload.name + ", compiled for the first time", *daemon, apps, workload.compiledRate);
  }
  const std::size_t apps = settings.apps.value_or(workload.apps);
  const double rate = settings.rate.value_or(workload.rate);
  const auto daemon = makeDaemon(workload, apps);
  for (std::size_t i = 0; i < apps; ++i) {
    if (const int status = daemon->get(hostOf(i)).status; status != 200) {
      throw std::runtime_error(hostOf(i) + " answered with " + std::to_string(status));
    }
  }
  for (int i = 0; i < settings.repetitions; ++i) {
    restart(*daemon);
    visit(workload.name + ", warm code cache", *daemon, apps, rate);
  }
}

void measureWorkerd(const Settings& settings, std::vector<Scenario>& scenarios) {
  const Workerd workerd(settings.workerd);
  scenarios.push_back(workerd.measureStart(20));
  print(scenarios.back());
  scenarios.push_back(
      workerd.measureFirstRequests(settings.apps.value_or(200), settings.rate.value_or(200)));
  print(scenarios.back());
}

int run(int count, char** values) {
  CLI::App options{
      "Measures cold starts: the first request to apps that are deployed, not loaded."};
  Settings settings;
  options.add_option("--only", settings.only,
                     "Workloads: hello, 1KiB, 64KiB, 1MiB, 10MiB; all unless told");
  options.add_option("--rate", settings.rate, "Cold starts a second, instead of each workload's");
  options.add_option("--apps", settings.apps, "How many apps are asked, once each");
  options.add_option("--repetitions", settings.repetitions, "Restarts with a warm code cache")
      ->capture_default_str();
  options.add_flag("--skip-compiling", settings.skipCompiling,
                   "Leave out what has to be compiled first");
  options.add_option("--workerd", settings.workerd, "workerd's executable, to be measured beside");
  options.add_option("--json", settings.json, "Where the figures are written")
      ->capture_default_str();
  CLI11_PARSE(options, count, values);
  goFirst();  // what keeps the clock from its processor would count as the server's latency
  std::vector<Scenario> scenarios;
  try {
    for (const Workload& workload : kWorkloads) {
      const auto& only = settings.only;
      if (!only.empty() && std::find(only.begin(), only.end(), workload.name) == only.end()) {
        continue;
      }
      measure(settings, workload, scenarios);
    }
    if (!settings.workerd.empty()) measureWorkerd(settings, scenarios);
    writeJson(settings.json, thisMachine(SKIFF_SOURCES), scenarios);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace skiff::bench

int main(int count, char** values) {
  return skiff::bench::run(count, values);
}
