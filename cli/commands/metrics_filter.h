#pragma once

#include <string>
#include <string_view>

namespace skiff::cli {

/// The lines of Prometheus' text format whose metric name or labels contain `pattern`, each family
/// under its HELP and TYPE comments. An empty pattern selects all. Total: any text may be given;
/// what comes back is fit for a terminal.
std::string selectMetrics(std::string_view text, std::string_view pattern);

}  // namespace skiff::cli
