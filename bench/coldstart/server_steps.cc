#include "bench/coldstart/server_steps.h"

#include <algorithm>
#include <charconv>

namespace skiff::bench {

ServerSteps readServerSteps(std::string_view field) {
  constexpr std::string_view kDuration = ";dur=";
  ServerSteps steps{};
  while (!field.empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    std::string_view step = field.substr(0, comma);
    field.remove_prefix(std::min(comma + 1, field.size()));
    while (step.starts_with(' ')) step.remove_prefix(1);
    const std::size_t mark = step.find(kDuration);
    if (mark == std::string_view::npos) continue;
    const auto name = std::find(kServerSteps.begin(), kServerSteps.end(), step.substr(0, mark));
    if (name == kServerSteps.end()) continue;
    const std::string_view number = step.substr(mark + kDuration.size());
    double milliseconds = 0;
    std::from_chars(number.data(), number.data() + number.size(), milliseconds);
    steps[static_cast<std::size_t>(name - kServerSteps.begin())] =
        static_cast<std::int64_t>(milliseconds * 1e6 + 0.5);
  }
  return steps;
}

}  // namespace skiff::bench
