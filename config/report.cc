#include "config/report.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace skiff {

std::string Diagnostic::text() const {
  if (line == 0) return file + ": " + message;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

void Report::add(TextPosition where, std::string message) {
  if (isFull()) return;
  diagnostics_.push_back({file_, where.line, where.column, std::move(message)});
}

Diagnostics Report::inFileOrder() && {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
  if (isFull()) {
    diagnostics_.push_back(
        {file_, 0, 0,
         "only " + std::to_string(kMostDiagnostics) + " errors are listed; there may be more"});
  }
  return std::move(diagnostics_);
}

}  // namespace skiff
