#include "bench/compare/svg_lines.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <sstream>

#include "bench/compare/svg.h"

namespace skiff::bench {
namespace {

constexpr double kWidth = 760, kHeight = 380;
constexpr double kLeft = 90, kRight = 640, kTop = 50, kBottom = 320;

/// Values to places on a side of the picture.
class Axis {
 public:
  Axis(Scale scale, double least, double most, double begin, double end)
      : scale_(scale), low_(of(least)), high_(of(most)), begin_(begin), end_(end) {}

  /// The middle, if all values are the same; the begin for what a logarithm has no place for.
  double at(double value) const {
    if (scale_ == Scale::logarithmic && value <= 0) return begin_;
    const double part = high_ > low_ ? (of(value) - low_) / (high_ - low_) : 0.5;
    return begin_ + std::clamp(part, 0.0, 1.0) * (end_ - begin_);
  }

 private:
  double of(double value) const { return scale_ == Scale::linear ? value : std::log10(value); }

  Scale scale_;
  double low_, high_, begin_, end_;
};

/// Where y's grid lines are: whole powers of ten, or steps of 1, 2 or 5 of them from 0; the first
/// and the last one enclose all values.
std::vector<double> gridOf(Scale scale, double least, double most) {
  std::vector<double> grid;
  if (scale == Scale::logarithmic) {
    const double first = std::floor(std::log10(least));
    const double last = std::max(first + 1, std::ceil(std::log10(most)));
    for (double power = first; power <= last; ++power) grid.push_back(std::pow(10, power));
    return grid;
  }
  const double power = std::pow(10, std::floor(std::log10(most / 4)));
  double step = power;
  for (const double factor : {2, 5, 10}) {
    if (step * 6 < most) step = power * factor;
  }
  const auto steps = static_cast<int>(std::ceil(most / step));
  for (int i = 0; i <= steps; ++i) grid.push_back(step * i);
  return grid;
}

/// 1, 0.1, 4096: what stands at an axis has no more digits than it needs.
std::string tick(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

void drawText(std::ostream& out, double x, double y, const char* anchor, const std::string& text) {
  out << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\">"
      << escaped(text) << "</text>\n";
}

void drawSegment(std::ostream& out, double x1, double y1, double x2, double y2,
                 const char* colour) {
  out << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2
      << "\" stroke=\"" << colour << "\"/>\n";
}

void drawLine(std::ostream& out, const Line& line, const Axis& x, const Axis& y) {
  const char* const colour = colourOf(line.label);
  out << "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" << colour << "\" points=\"";
  for (const LinePoint& point : line.points)
    out << x.at(point.x) << ',' << y.at(point.value) << ' ';
  out << "\"/>\n";
  for (const LinePoint& point : line.points) {
    drawSegment(out, x.at(point.x), y.at(point.least), x.at(point.x), y.at(point.most), "black");
    out << "<circle cx=\"" << x.at(point.x) << "\" cy=\"" << y.at(point.value)
        << "\" r=\"4\" fill=\"" << colour << "\"/>\n";
  }
}

/// The lines' names at their right ends, none on top of another.
void drawLabels(std::ostream& out, std::vector<Line> lines, const Axis& y) {
  constexpr double kApart = 16;
  std::sort(lines.begin(), lines.end(), [](const Line& one, const Line& other) {
    return one.points.back().value > other.points.back().value;
  });
  double free = kTop;
  for (const Line& line : lines) {
    const double place = std::max(free, y.at(line.points.back().value) + 4);
    drawText(out, kRight + 12, place, "start",
             line.label + " (" + shortNumber(line.points.back().value) + ")");
    free = place + kApart;
  }
}

}  // namespace

std::string svgLines(const std::string& title, const std::string& axis, Scale scale,
                     const std::vector<Line>& all) {
  std::vector<Line> lines;
  std::set<double> marks;
  std::vector<double> values;
  for (const Line& line : all) {
    if (!line.points.empty()) lines.push_back(line);
    for (const LinePoint& point : line.points) {
      marks.insert(point.x);
      for (const double value : {point.value, point.least, point.most}) {
        if (value > 0) values.push_back(value);
      }
    }
  }
  std::ostringstream out;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << kWidth << "\" height=\"" << kHeight
      << "\" font-family=\"sans-serif\" font-size=\"13\">\n"
      << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      << "<text x=\"10\" y=\"22\" font-weight=\"bold\">" << escaped(title) << "</text>\n";
  if (!values.empty()) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const std::vector<double> grid = gridOf(scale, *least, *most);
    const Axis x(Scale::logarithmic, *marks.begin(), *marks.rbegin(), kLeft, kRight);
    const Axis y(scale, grid.front(), grid.back(), kBottom, kTop);
    for (const double value : grid) {
      drawSegment(out, kLeft, y.at(value), kRight, y.at(value), "#dddddd");
      drawText(out, kLeft - 8, y.at(value) + 4, "end", tick(value));
    }
    for (const double mark : marks) {
      drawSegment(out, x.at(mark), kBottom, x.at(mark), kBottom + 5, "black");
      drawText(out, x.at(mark), kBottom + 20, "middle", tick(mark));
    }
    drawText(out, (kLeft + kRight) / 2, kBottom + 42, "middle", axis);
    for (const Line& line : lines) drawLine(out, line, x, y);
    drawLabels(out, lines, y);
  }
  out << "</svg>\n";
  return out.str();
}

}  // namespace skiff::bench
