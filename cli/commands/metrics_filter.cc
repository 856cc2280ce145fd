#include "cli/commands/metrics_filter.h"

#include "config/printable.h"

namespace skiff::cli {
namespace {

/// A sample's name and labels: what stands before its value.
std::string_view series(std::string_view line) {
  const std::size_t labelsEnd = line.rfind('}');
  if (labelsEnd != line.npos) return line.substr(0, labelsEnd + 1);
  return line.substr(0, line.find(' '));
}

}  // namespace

std::string selectMetrics(std::string_view text, std::string_view pattern) {
  std::string selected;
  std::string comments;  // of the family whose samples come next
  bool inComments = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.empty()) continue;

    const bool isComment = line.starts_with('#');
    if (isComment && !inComments) comments.clear();
    inComments = isComment;
    if (isComment) {
      comments.append(printable(line)).append("\n");
    } else if (series(line).find(pattern) != line.npos) {
      selected.append(comments).append(printable(line)).append("\n");
      comments.clear();
    }
  }
  return selected;
}

}  // namespace skiff::cli
