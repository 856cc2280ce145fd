#include "bench/compare/svg_bars.h"

#include <algorithm>
#include <sstream>

#include "bench/compare/svg.h"

namespace skiff::bench {
namespace {

constexpr int kWidth = 760, kLabels = 240, kValues = 110, kLine = 28, kTop = 40;

}  // namespace

std::string svgBars(const std::string& title, const std::vector<Bar>& bars) {
  double most = 0;
  for (const Bar& bar : bars) most = std::max({most, bar.value, bar.most});
  const double scale = most > 0 ? (kWidth - kLabels - kValues) / most : 0;
  const int height = kTop + kLine * static_cast<int>(bars.size()) + 10;
  std::ostringstream out;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << kWidth << "\" height=\"" << height
      << "\" font-family=\"sans-serif\" font-size=\"13\">\n"
      << "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      << "<text x=\"10\" y=\"22\" font-weight=\"bold\">" << escaped(title) << "</text>\n";
  int y = kTop;
  for (const Bar& bar : bars) {
    const int middle = y + kLine / 2;
    out << "<text x=\"" << kLabels - 8 << "\" y=\"" << middle + 4 << "\" text-anchor=\"end\">"
        << escaped(bar.label) << "</text>\n"
        << "<rect x=\"" << kLabels << "\" y=\"" << y + 4 << "\" width=\"" << bar.value * scale
        << "\" height=\"" << kLine - 8 << "\" fill=\"" << colourOf(bar.label) << "\"/>\n"
        << "<line x1=\"" << kLabels + bar.least * scale << "\" x2=\"" << kLabels + bar.most * scale
        << "\" y1=\"" << middle << "\" y2=\"" << middle << "\" stroke=\"black\"/>\n"
        << "<text x=\"" << kLabels + std::max(bar.value, bar.most) * scale + 6 << "\" y=\""
        << middle + 4 << "\">" << shortNumber(bar.value) << "</text>\n";
    y += kLine;
  }
  out << "</svg>\n";
  return out.str();
}

}  // namespace skiff::bench
