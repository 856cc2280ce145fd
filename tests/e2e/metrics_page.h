#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skiff::e2e {

/// A scrape: the text that /metrics answered, taken apart.
class MetricsPage {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  explicit MetricsPage(const std::string& text);

  /// The sum of the samples of that name which have all these labels; 0 if there are none.
  double sum(std::string_view name, const Labels& labels = {}) const;
  bool has(std::string_view name, const Labels& labels = {}) const;
  /// Whether a sample of that name has labels of exactly these names.
  bool hasLabelNames(std::string_view name, const std::vector<std::string>& names) const;

 private:
  struct Sample {
    std::string name;
    Labels labels;
    double value = 0;
    bool matches(std::string_view name, const Labels& labels) const;
  };
  std::vector<Sample> samples_;
};

}  // namespace skiff::e2e
