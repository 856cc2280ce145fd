#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "cli/terminal/console.h"

namespace skiff::cli {

/// A line of a log, which is a JSON object, for people: what a guest wrote with its time and level,
/// or a request with its status and time. Text that is no such object stays; all is printable.
/// Without the newline at its end.
std::string logLineText(const Console& console, std::string_view line);

/// The lines that were printed last. The daemon begins with the last lines of a log whenever it is
/// asked, so after a connection broke they come again.
class PrintedLines {
 public:
  /// Lines that come now may have been printed.
  void reconnected() { mayRepeat_ = true; }
  /// Whether to print it. The first one that was not printed before ends the repetition.
  bool take(std::string_view line);

 private:
  static constexpr std::size_t kMost = 4096;

  std::unordered_set<std::string> lines_;
  std::vector<std::string> order_;  ///< a ring
  std::size_t next_ = 0;
  bool mayRepeat_ = false;
};

}  // namespace skiff::cli
