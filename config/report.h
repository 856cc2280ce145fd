#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "config/load.h"
#include "config/text_position.h"

namespace skiff {

/// Collects what is wrong with one file while it is read, in any order.
class Report {
 public:
  /// Enough for any honest mistake; more would only fill memory.
  static constexpr std::size_t kMostDiagnostics = 10'000;

  explicit Report(const std::filesystem::path& file) : file_(file.string()) {}

  void add(TextPosition where, std::string message);
  bool empty() const { return diagnostics_.empty(); }
  /// Whether further diagnostics are left out.
  bool isFull() const { return diagnostics_.size() >= kMostDiagnostics; }

  /// Everything added, in the order of the file; at one place, in the order in which it was added.
  Diagnostics inFileOrder() &&;

 private:
  std::string file_;
  Diagnostics diagnostics_;
};

}  // namespace skiff
