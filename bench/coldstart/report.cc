#include "bench/coldstart/report.h"

#include <cstdio>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string_view>

namespace skiff::bench {
namespace {

constexpr std::pair<std::string_view, double> kPercentiles[] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + '"';
}

}  // namespace

Scenario summarise(std::string server, std::string name, double rate,
                   const std::vector<Visit>& visits) {
  Scenario scenario{std::move(name), std::move(server), rate, visits.size(), 0, 0, {}};
  LatencyHistogram total, late, connect, firstByte, rest;
  std::vector<LatencyHistogram> steps(kServerSteps.size());
  bool hasSteps = false;
  for (const Visit& visit : visits) {
    if (visit.status != 200) {
      ++scenario.failures;
      continue;
    }
    total.record(visit.total);
    late.record(visit.late);
    connect.record(visit.connect);
    firstByte.record(visit.firstByte);
    const std::int64_t inServer =
        std::accumulate(visit.steps.begin(), visit.steps.end(), std::int64_t{0});
    hasSteps |= inServer != 0;
    rest.record(visit.firstByte - inServer);
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i].record(visit.steps[i]);
  }
  const auto add = [&](std::string_view part, LatencyHistogram histogram) {
    scenario.parts.emplace_back(part, std::move(histogram));
  };
  add("total", std::move(total));
  add("begun late", std::move(late));
  add("connect", std::move(connect));
  add("first byte", std::move(firstByte));
  if (!hasSteps) return scenario;
  for (std::size_t i = 0; i < steps.size(); ++i) add(kServerSteps[i], std::move(steps[i]));
  add("rest", std::move(rest));
  return scenario;
}

void print(const Scenario& scenario) {
  std::printf("\n%s: %s; %zu requests", scenario.server.c_str(), scenario.name.c_str(),
              scenario.requests);
  if (scenario.rate > 0) std::printf(" at %g/s", scenario.rate);
  if (scenario.cpu > 0) std::printf("; %.0f us of CPU time each", scenario.cpu);
  if (scenario.failures != 0) std::printf("; %zu FAILED", scenario.failures);
  std::printf("\n  %-12s", "ms");
  for (const auto& [name, quantile] : kPercentiles) {
    std::printf(" %9.*s", static_cast<int>(name.size()), name.data());
  }
  std::printf(" %9s\n", "max");
  for (const auto& [part, histogram] : scenario.parts) {
    std::printf("  %-12s", part.c_str());
    for (const auto& [name, quantile] : kPercentiles) {
      std::printf(" %9.3f", static_cast<double>(histogram.at(quantile)) / 1e6);
    }
    std::printf(" %9.3f\n", static_cast<double>(histogram.max()) / 1e6);
  }
  std::fflush(stdout);
}

void writeJson(const std::string& file, const Machine& machine,
               const std::vector<Scenario>& scenarios) {
  std::ofstream out(file, std::ios::trunc);
  out << "{\"machine\":{\"processor\":" << quoted(machine.processor)
      << ",\"processors\":" << machine.processors << ",\"kernel\":" << quoted(machine.kernel)
      << ",\"commit\":" << quoted(machine.commit) << "},\n\"scenarios\":[";
  std::string_view separator = "\n";
  for (const Scenario& scenario : scenarios) {
    out << std::exchange(separator, ",\n") << "{\"server\":" << quoted(scenario.server)
        << ",\"name\":" << quoted(scenario.name) << ",\"rate\":" << scenario.rate
        << ",\"requests\":" << scenario.requests << ",\"failures\":" << scenario.failures
        << ",\"cpu_microseconds\":" << scenario.cpu << ",\"nanoseconds\":{";
    std::string_view comma;
    for (const auto& [part, histogram] : scenario.parts) {
      out << std::exchange(comma, ",") << quoted(part) << ":{";
      for (const auto& [name, quantile] : kPercentiles) {
        out << quoted(name) << ':' << histogram.at(quantile) << ',';
      }
      out << "\"max\":" << histogram.max() << '}';
    }
    out << "}}";
  }
  out << "\n]}\n";
  if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

}  // namespace skiff::bench
