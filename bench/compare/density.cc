#include "bench/compare/density.h"

#include <boost/json/array.hpp>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "bench/compare/results.h"
#include "bench/compare/skiffd.h"
#include "bench/compare/tenants.h"
#include "bench/compare/text.h"
#include "bench/filled_catalog.h"
#include "bench/process_tree.h"
#include "tests/e2e/client.h"

namespace skiff::bench {
namespace {

namespace json = boost::json;

constexpr std::size_t kWarm = 1000;
constexpr std::size_t kMostWorkers = 1000;  ///< some 2.5 MB each
constexpr double kMebibyte = 1 << 20;

struct DensityRow {
  std::string name;
  std::vector<double> startSeconds = {};
  std::vector<double> residentMiB = {};
  std::vector<double> proportionalMiB = {};

  void add(double seconds, pid_t server) {
    const MemoryReadings memory = memoryOf(server);
    startSeconds.push_back(seconds);
    residentMiB.push_back(static_cast<double>(memory.resident) / kMebibyte);
    proportionalMiB.push_back(static_cast<double>(memory.proportional) / kMebibyte);
    std::printf("  %-36s %8.2f s  %8.1f MiB resident, %8.1f MiB in proportion\n", name.c_str(),
                seconds, residentMiB.back(), proportionalMiB.back());
    std::fflush(stdout);
  }

  json::object toJson() const {
    return {{"name", name},
            {"figures",
             {{"start_s", bench::toJson(spreadOf(startSeconds))},
              {"resident_mib", bench::toJson(spreadOf(residentMiB))},
              {"pss_mib", bench::toJson(spreadOf(proportionalMiB))}}},
            {"runs", json::array(startSeconds.begin(), startSeconds.end())}};
  }
};

/// Asks each of the first tenants once.
void warm(std::uint16_t port, std::size_t tenants) {
  e2e::Client client(port, std::chrono::minutes(2));
  for (std::size_t i = 0; i < tenants; ++i) {
    const e2e::Response response = client.ask(e2e::request("GET", tenantName(i) + ".test", "/"));
    if (response.body != tenantAnswer(i)) {
      throw std::runtime_error(tenantName(i) + " answers " + std::to_string(response.status) +
                               ": " + response.body);
    }
  }
}

json::object aim(const std::string& text, double target, const std::vector<double>& values) {
  const Spread spread = spreadOf(values);
  const bool met = spread.median <= target;
  return {{"text", text},       {"value", bench::toJson(spread)},
          {"bound", "at most"}, {"target", target},
          {"met", met},         {"missed_by", met ? 0.0 : spread.median / target - 1}};
}

}  // namespace

json::object density(const Places& places, int rounds, const json::object& circumstances) {
  const std::string hello = bytesOf(places.guests / "hello_wat.wasm");
  json::array rows;
  json::array aims;
  for (const std::size_t apps :
       {std::size_t{1}, std::size_t{100}, std::size_t{1000}, std::size_t{10'000}}) {
    const FilledCatalog filled(apps,
                               [&](std::size_t number) { return tenantModule(hello, number); });
    const std::string count = std::to_string(apps);
    DensityRow idle{"skiff, " + count + " deployed"};
    DensityRow warmed{"skiff, " + count + " deployed, " + std::to_string(kWarm) + " warm"};
    DensityRow workers{"workerd, " + count + " workers"};
    for (int round = 0; round < rounds; ++round) {
      {
        const Skiffd skiffd(places, {}, filled.folder());
        idle.add(skiffd.startSeconds(), skiffd.id());
        if (apps >= kWarm) {
          const auto begin = std::chrono::steady_clock::now();
          warm(skiffd.port(), kWarm);
          const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
          warmed.add(time.count(), skiffd.id());
        }
      }
      if (apps > kMostWorkers) continue;
      const auto begin = std::chrono::steady_clock::now();
      const auto workerd = workerdOfMany(places, apps);
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
      warm(workerd->port(), apps);
      workers.add(time.count(), workerd->id());
    }
    for (const DensityRow* row : {&idle, &warmed, &workers}) {
      if (!row->startSeconds.empty()) rows.push_back(row->toJson());
    }
    if (apps == kWarm) aims.push_back(aim("1,000 warm apps, MiB", 1.3 * 1024, warmed.residentMiB));
    if (apps > kWarm) aims.push_back(aim("10,000 deployed, MiB", 600, idle.residentMiB));
  }
  return {{"name", "density"},
          {"shows", kDensityShows},
          {"circumstances", circumstances},
          {"load", "Until ready, of warm ones: until each has answered once; " +
                       std::to_string(rounds) + " rounds; workerd's workers have answered once"},
          {"columns", json::array{json::array{"start_s", "start, s"},
                                  json::array{"resident_mib", "resident, MiB"},
                                  json::array{"pss_mib", "in proportion (PSS), MiB"}}},
          {"chart", "resident_mib"},
          {"rows", std::move(rows)},
          {"aims", std::move(aims)}};
}

}  // namespace skiff::bench
