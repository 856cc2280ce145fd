#include "cli/commands/show.h"

#include <boost/json.hpp>
#include <cstdio>

#include "cli/session/json_fields.h"
#include "cli/terminal/human.h"

namespace skiff::cli {

namespace json = boost::json;

std::string ago(std::string_view time) {
  if (time.empty()) return {};
  return humanTime(time,
                   std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += between;
    out += text;
  }
  return out;
}

std::string pairsText(const json::value& object) {
  std::vector<std::string> pairs;
  if (!object.is_object()) return {};
  for (const auto& [name, value] : object.get_object()) {
    if (value.is_structured() || value.is_null()) continue;
    pairs.push_back(std::string(name) + " " +
                    (value.is_string() ? std::string(value.get_string()) : json::serialize(value)));
  }
  return joined(pairs);
}

std::string splitText(const json::value& deployment) {
  const json::array& split = listOf(deployment, "split");
  double sum = 0;
  for (const json::value& part : split) sum += static_cast<double>(countOf(part, "weight"));
  std::vector<std::string> parts;
  for (const json::value& part : split) {
    const double percent = sum > 0 ? 100 * static_cast<double>(countOf(part, "weight")) / sum : 0;
    char text[32];
    std::snprintf(text, sizeof text, " %.3g %%", percent);
    parts.push_back(shortVersion(textOf(part, "version")) + text);
  }
  return joined(parts);
}

}  // namespace skiff::cli
