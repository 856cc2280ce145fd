#pragma once

#include <string>
#include <vector>

namespace skiff::bench {

struct Bar {
  std::string label;
  double value = 0;
  double least = 0;  ///< where its whisker begins
  double most = 0;   ///< and ends
};

/// A picture of horizontal bars, all to one scale, as an SVG document.
std::string svgBars(const std::string& title, const std::vector<Bar>& bars);

}  // namespace skiff::bench
