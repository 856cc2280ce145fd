#include "bench/compare/results.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "bench/compare/peer.h"

namespace skiff::bench {
namespace {

namespace json = boost::json;

struct Column {
  const char* key;
  const char* title;
  std::optional<double> (*value)(const Run& run);
};

constexpr double kMebibyte = 1 << 20;

const Column kColumns[] = {
    {"requests_per_second", "requests/s",
     [](const Run& run) -> std::optional<double> { return run.requestsPerSecond; }},
    {"p50_us", "p50, us", [](const Run& run) -> std::optional<double> { return run.p50; }},
    {"p99_us", "p99, us", [](const Run& run) -> std::optional<double> { return run.p99; }},
    {"cpu_us", "server CPU per request, us",
     [](const Run& run) -> std::optional<double> { return run.cpu; }},
    {"busy", "cores used", [](const Run& run) -> std::optional<double> { return run.busy; }},
    {"instructions", "instructions per request", [](const Run& run) { return run.instructions; }},
    {"resident_mib", "resident, MiB",
     [](const Run& run) -> std::optional<double> {
       return static_cast<double>(run.resident) / kMebibyte;
     }},
    {"deploys_per_second", "deployments/s", [](const Run& run) { return run.deploysPerSecond; }},
};

json::object toJson(const Run& run) {
  json::object object{{"requests", run.requests}, {"failures", run.failures}};
  for (const Column& column : kColumns) {
    if (const std::optional<double> value = column.value(run)) object[column.key] = *value;
  }
  return object;
}

json::object toJson(const Row& row) {
  json::object figures;
  for (const Column& column : kColumns) {
    std::vector<double> values;
    for (const Run& run : row.runs) {
      if (const std::optional<double> value = column.value(run)) values.push_back(*value);
    }
    if (!values.empty()) figures[column.key] = toJson(spreadOf(std::move(values)));
  }
  json::array runs;
  for (const Run& run : row.runs) runs.push_back(toJson(run));
  json::object object{
      {"name", row.name}, {"figures", std::move(figures)}, {"runs", std::move(runs)}};
  if (row.point) object["point"] = {{"line", row.point->line}, {"x", row.point->x}};
  return object;
}

std::string askedBy(const Workload& workload) {
  if (!workload.asked.empty()) return workload.asked;
  return "wrk on one thread, " + std::to_string(workload.load.connections) + " connections" +
         (workload.load.between == Connections::closed ? ", a new one for each request" : "");
}

}  // namespace

json::object toJson(const Spread& spread) {
  return {{"median", spread.median}, {"least", spread.least}, {"most", spread.most}};
}

json::object toJson(const Aim& aim, const Judged& judged) {
  return {{"text", aim.row + ": " + aim.text},
          {"value", toJson(judged.value)},
          {"bound", aim.bound == Bound::atLeast ? "at least" : "at most"},
          {"target", aim.target},
          {"met", judged.met},
          {"missed_by", judged.missedBy}};
}

json::object toJson(const Outcome& outcome, const Rounds& rounds,
                    const json::object& circumstances) {
  const Workload& workload = *outcome.workload;
  json::array columns;
  for (const Column& column : kColumns) columns.push_back({column.key, column.title});
  json::array rows;
  for (const Row& row : outcome.rows) rows.push_back(toJson(row));
  json::array aims;
  for (const Aim& aim : workload.aims) {
    if (const auto judged = judge(aim, outcome.rows)) aims.push_back(toJson(aim, *judged));
  }
  const std::string load = askedBy(workload) + "; " + std::to_string(rounds.count) + " rounds of " +
                           std::to_string(static_cast<int>(rounds.seconds)) + " s in turns; " +
                           workload.placed;
  json::object result{{"name", workload.name},          {"shows", workload.shows},
                      {"circumstances", circumstances}, {"load", load},
                      {"columns", std::move(columns)},  {"chart", "requests_per_second"},
                      {"rows", std::move(rows)},        {"aims", std::move(aims)}};
  if (!workload.axis.empty()) result["axis"] = workload.axis;
  return result;
}

void writeResult(const std::filesystem::path& folder, const json::object& result) {
  const std::string name(result.at("name").as_string());
  writeFile(folder / (name + ".json"), json::serialize(result) + "\n");
}

}  // namespace skiff::bench
