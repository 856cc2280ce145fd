#pragma once

#include <boost/json/object.hpp>
#include <filesystem>

#include "bench/compare/figures.h"

namespace skiff::bench {

/// A result is one JSON object in a file of its own, `<name>.json`:
///   name, shows, circumstances, load (a sentence), columns ([key, title] of each figure),
///   chart (the column that is drawn), rows ([{name, figures: {key: {median, least, most}},
///   runs}]), aims ([{text, value: {...}, bound, target, met, missed_by}]).
/// One that shows curves has an axis besides (its title), and each row a point ({line, x}).

boost::json::object toJson(const Spread& spread);
boost::json::object toJson(const Aim& aim, const Judged& judged);
boost::json::object toJson(const Outcome& outcome, const Rounds& rounds,
                           const boost::json::object& circumstances);

/// Writes `<name>.json` into the folder.
void writeResult(const std::filesystem::path& folder, const boost::json::object& result);

/// Makes README.md and `<name>.svg` (of curves also `<name>-p99.svg`) of those results that lie in
/// the folder and are named here, in this order.
void renderResults(const std::filesystem::path& folder, const std::vector<std::string>& order);

}  // namespace skiff::bench
