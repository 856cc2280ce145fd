#include "tests/e2e/metrics_page.h"

#include <algorithm>
#include <sstream>

namespace skiff::e2e {

MetricsPage::MetricsPage(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    Sample sample;
    std::size_t at = line.find_first_of("{ ");
    sample.name = line.substr(0, at);
    if (line[at] == '{') {
      ++at;
      while (line[at] != '}') {
        const std::size_t equals = line.find("=\"", at);
        const std::size_t end = line.find('"', equals + 2);
        sample.labels.emplace_back(line.substr(at, equals - at),
                                   line.substr(equals + 2, end - equals - 2));
        at = end + 1;
        if (line[at] == ',') ++at;
      }
    }
    sample.value = std::stod(line.substr(line.find(' ', at) + 1));
    samples_.push_back(std::move(sample));
  }
}

bool MetricsPage::Sample::matches(std::string_view wanted, const Labels& wantedLabels) const {
  return name == wanted && std::all_of(wantedLabels.begin(), wantedLabels.end(), [&](auto& label) {
           return std::find(labels.begin(), labels.end(), label) != labels.end();
         });
}

double MetricsPage::sum(std::string_view name, const Labels& labels) const {
  double total = 0;
  for (const Sample& sample : samples_) {
    if (sample.matches(name, labels)) total += sample.value;
  }
  return total;
}

bool MetricsPage::has(std::string_view name, const Labels& labels) const {
  return std::any_of(samples_.begin(), samples_.end(),
                     [&](const Sample& sample) { return sample.matches(name, labels); });
}

bool MetricsPage::hasLabelNames(std::string_view name,
                                const std::vector<std::string>& names) const {
  return std::any_of(samples_.begin(), samples_.end(), [&](const Sample& sample) {
    return sample.name == name &&
           std::equal(sample.labels.begin(), sample.labels.end(), names.begin(), names.end(),
                      [](const auto& label, const std::string& key) { return label.first == key; });
  });
}

}  // namespace skiff::e2e
