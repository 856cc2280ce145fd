#include "bench/compare/svg.h"

#include <cstdio>

namespace skiff::bench {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string shortNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 100 ? "%.0f" : "%.2f", value);
  return text;
}

const char* colourOf(std::string_view label) {
  return label.starts_with("skiff") ? "#2f6fab" : "#9a9a9a";
}

}  // namespace skiff::bench
