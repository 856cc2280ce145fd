#include "cli/commands/split_plan.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "cli/session/json_fields.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

std::optional<std::uint32_t> wholeNumber(std::string_view text) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

Result<std::uint32_t> parsePercent(std::string_view text) {
  const Error wrong{inQuotes(text) +
                    " is not a percentage from 0 to 100 with at most two decimals"};
  std::string_view number = text;
  if (number.ends_with('%')) number.remove_suffix(1);
  const std::size_t dot = number.find('.');
  const auto whole = wholeNumber(number.substr(0, dot));
  if (!whole || *whole > 100) return wrong;
  std::uint32_t hundredths = *whole * 100;
  if (dot != number.npos) {
    const std::string_view decimals = number.substr(dot + 1);
    const auto part = wholeNumber(decimals);
    if (!part || decimals.size() > 2) return wrong;
    hundredths += decimals.size() == 1 ? *part * 10 : *part;
  }
  if (hundredths > kWhole) return wrong;
  return hundredths;
}

Result<std::vector<SplitPart>> parseSplit(const std::vector<std::string>& words) {
  std::vector<SplitPart> parts;
  std::size_t percents = 0;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return Error{inQuotes(word) + " is not VERSION=WEIGHT"};
    }
    const std::string weight = word.substr(equals + 1);
    SplitPart part{word.substr(0, equals), 0};
    if (weight.ends_with('%')) {
      const auto percent = parsePercent(weight);
      if (!percent) return percent.error();
      part.weight = *percent;
      ++percents;
    } else {
      const auto number = wholeNumber(weight);
      if (!number || *number > kWhole) {
        return Error{inQuotes(word) +
                     ": a weight is a whole number from 0 to 10000, or a percentage"};
      }
      part.weight = *number;
    }
    parts.push_back(std::move(part));
  }
  if (percents != 0 && percents != parts.size()) {
    return Error{"some weights have a % and some have not: give all of them the same way"};
  }
  if (percents != 0) {
    std::uint64_t sum = 0;
    for (const SplitPart& part : parts) sum += part.weight;
    if (sum != kWhole) return Error{"the percentages do not add up to 100"};
  }
  return parts;
}

std::vector<SplitPart> splitOf(const json::value& deployment) {
  std::vector<SplitPart> parts;
  for (const json::value& part : listOf(deployment, "split")) {
    const std::uint64_t weight = std::min<std::uint64_t>(countOf(part, "weight"), kWhole);
    parts.push_back({textOf(part, "version"), static_cast<std::uint32_t>(weight)});
  }
  return parts;
}

std::vector<SplitPart> planCanary(const std::vector<SplitPart>& before, const std::string& version,
                                  std::uint32_t weight) {
  std::vector<SplitPart> others;
  std::uint64_t sum = 0;
  for (const SplitPart& part : before) {
    if (part.version == version || part.weight == 0) continue;
    others.push_back(part);
    sum += part.weight;
  }
  if (others.empty()) return {{version, kWhole}};
  const std::uint64_t rest = kWhole - std::min(weight, kWhole);
  std::vector<SplitPart> parts;
  std::uint64_t seen = 0;
  std::uint64_t given = 0;
  for (SplitPart& part : others) {
    // Rounded as a running total, so that the parts add up.
    seen += part.weight;
    const std::uint64_t upTo = (rest * seen + sum / 2) / sum;
    part.weight = static_cast<std::uint32_t>(upTo - given);
    given = upTo;
    if (part.weight > 0) parts.push_back(part);
  }
  parts.push_back({version, weight});
  return parts;
}

json::array splitJson(const std::vector<SplitPart>& parts) {
  json::array split;
  for (const SplitPart& part : parts) {
    split.push_back(json::object{{"version", part.version}, {"weight", part.weight}});
  }
  return split;
}

}  // namespace skiff::cli
