// The tables and pictures of what was measured, made from the results' JSON.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <sstream>

#include "bench/compare/peer.h"
#include "bench/compare/results.h"
#include "bench/compare/svg_bars.h"
#include "bench/compare/svg_lines.h"
#include "bench/compare/text.h"

namespace skiff::bench {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

std::string textOf(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
  return text;
}

double at(const json::value& spread, const char* key) {
  return spread.at(key).to_number<double>();
}

std::string cell(const json::object& figures, json::string_view key) {
  const json::value* spread = figures.if_contains(key);
  if (!spread) return "";
  return number(at(*spread, "median")) + " (" + number(at(*spread, "least")) + " to " +
         number(at(*spread, "most")) + ")";
}

/// The columns that any row has a figure of.
std::vector<json::value> usedColumns(const json::object& result) {
  std::vector<json::value> used;
  for (const json::value& column : result.at("columns").as_array()) {
    const auto& rows = result.at("rows").as_array();
    if (std::any_of(rows.begin(), rows.end(), [&](const json::value& row) {
          return row.at("figures").as_object().contains(column.at(0).as_string());
        })) {
      used.push_back(column);
    }
  }
  return used;
}

void writeTable(std::ostream& out, const json::object& result) {
  const std::vector<json::value> columns = usedColumns(result);
  out << "| |";
  for (const json::value& column : columns) out << ' ' << textOf(column.at(1)) << " |";
  out << "\n|---|";
  for (std::size_t i = 0; i < columns.size(); ++i) out << "---|";
  out << '\n';
  for (const json::value& row : result.at("rows").as_array()) {
    out << "| " << textOf(row.at("name")) << " |";
    for (const json::value& column : columns) {
      out << ' ' << cell(row.at("figures").as_object(), column.at(0).as_string()) << " |";
    }
    out << '\n';
  }
}

void writeAims(std::ostream& out, const json::object& result) {
  const auto& aims = result.at("aims").as_array();
  if (aims.empty()) return;
  out << "\n| it must show | measured | aim | |\n|---|---|---|---|\n";
  for (const json::value& aim : aims) {
    out << "| " << textOf(aim.at("text")) << " | " << number(at(aim.at("value"), "median")) << " ("
        << number(at(aim.at("value"), "least")) << " to " << number(at(aim.at("value"), "most"))
        << ") | " << textOf(aim.at("bound")) << ' ' << number(at(aim, "target")) << " | "
        << (aim.at("met").as_bool() ? "met"
                                    : "**missed by " + number(100 * at(aim, "missed_by")) + " %**")
        << " |\n";
  }
}

void writeCircumstances(std::ostream& out, const json::object& result) {
  out << "\n" << textOf(result.at("load")) << ".\n\n";
  for (const auto& [key, value] : result.at("circumstances").as_object()) {
    out << (key == "date" ? "" : "; ") << std::string(key) << ": "
        << (key == "command" ? "`" + textOf(value) + "`" : textOf(value));
  }
  out << ".\n";
}

std::string titleOf(const json::object& result, json::string_view key) {
  for (const json::value& column : result.at("columns").as_array()) {
    if (column.at(0).as_string() == key) {
      return textOf(result.at("name")) + ": " + textOf(column.at(1));
    }
  }
  return textOf(result.at("name"));
}

std::string bars(const json::object& result) {
  const json::string& key = result.at("chart").as_string();
  std::vector<Bar> bars;
  for (const json::value& row : result.at("rows").as_array()) {
    const json::value* spread = row.at("figures").as_object().if_contains(key);
    if (!spread) continue;
    bars.push_back(
        {textOf(row.at("name")), at(*spread, "median"), at(*spread, "least"), at(*spread, "most")});
  }
  return svgBars(titleOf(result, key), bars);
}

/// REQUIRES: the result has an axis.
std::string lines(const json::object& result, json::string_view key, Scale scale) {
  std::vector<Line> lines;
  for (const json::value& row : result.at("rows").as_array()) {
    const json::value& spread = row.at("figures").at(key);
    const std::string label = textOf(row.at("point").at("line"));
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const Line& candidate) { return candidate.label == label; });
    if (line == lines.end()) line = lines.insert(line, {label, {}});
    line->points.push_back({row.at("point").at("x").to_number<double>(), at(spread, "median"),
                            at(spread, "least"), at(spread, "most")});
  }
  return svgLines(titleOf(result, key), textOf(result.at("axis")), scale, lines);
}

/// A picture, and the name of its file.
struct Picture {
  std::string file;
  std::string svg;
};

std::vector<Picture> pictures(const json::object& result) {
  const std::string name = textOf(result.at("name"));
  if (!result.contains("axis")) return {{name + ".svg", bars(result)}};
  return {{name + ".svg", lines(result, result.at("chart").as_string(), Scale::linear)},
          {name + "-p99.svg", lines(result, "p99_us", Scale::logarithmic)}};
}

}  // namespace

void renderResults(const fs::path& folder, const std::vector<std::string>& order) {
  std::ostringstream out;
  out << "# Measured\n\n"
         "Made by `make bench`; [docs/benchmarks.md](../../docs/benchmarks.md) says what each "
         "workload shows and how\nto read it. Figures are medians, with the least and the most of "
         "the rounds in parentheses. Aims that speak\nof a part compare the runs of the same "
         "round.\n";
  for (const std::string& name : order) {
    if (!fs::exists(folder / (name + ".json"))) continue;
    const json::object result = json::parse(bytesOf(folder / (name + ".json"))).as_object();
    out << "\n## " << name << "\n\n" << textOf(result.at("shows")) << "\n\n";
    for (const Picture& picture : pictures(result)) {
      out << "![](" << picture.file << ")\n";
      writeFile(folder / picture.file, picture.svg);
    }
    out << '\n';
    writeTable(out, result);
    writeAims(out, result);
    writeCircumstances(out, result);
  }
  writeFile(folder / "README.md", out.str());
}

}  // namespace skiff::bench
