#pragma once

#include <string>
#include <vector>

namespace skiff::bench {

struct LinePoint {
  double x = 0;  ///< REQUIRES: above 0
  double value = 0;
  double least = 0;  ///< where its whisker begins
  double most = 0;   ///< and ends
};

struct Line {
  std::string label;
  std::vector<LinePoint> points;  ///< from left to right
};

enum class Scale { linear, logarithmic };

/// A plot of lines as an SVG document: x by its logarithm, with a mark at each value that a point
/// has; y from 0, or by its logarithm. `axis` is the x axis's title.
std::string svgLines(const std::string& title, const std::string& axis, Scale scale,
                     const std::vector<Line>& lines);

}  // namespace skiff::bench
