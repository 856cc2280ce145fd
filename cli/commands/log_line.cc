#include "cli/commands/log_line.h"

#include <boost/json.hpp>
#include <cstdio>

#include "cli/session/json_fields.h"
#include "config/printable.h"

namespace skiff::cli {
namespace {

namespace json = boost::json;

Style styleOf(std::string_view level) {
  if (level == "error") return Style::bad;
  if (level == "warn") return Style::warning;
  if (level == "debug") return Style::dim;
  return Style::good;
}

/// "12:34:56.789" of "2024-05-01T12:34:56.789Z".
std::string clockOf(const std::string& time) {
  const std::size_t t = time.find('T');
  if (t == std::string::npos) return time;
  std::string clock = time.substr(t + 1);
  if (clock.ends_with('Z')) clock.pop_back();
  return clock;
}

/// Lines after the first are set off, so that what belongs together is seen.
std::string indented(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    out += printable(text.substr(0, end));
    if (end == text.npos) return out;
    out += "\n    ";
    text.remove_prefix(end + 1);
  }
}

std::string guestLine(const Console& console, const json::value& line) {
  const std::string level = textOf(line, "level");
  std::string word = printable(level);
  word.resize(std::max<std::size_t>(word.size(), 5), ' ');
  std::string message = textOf(line, "message");
  while (message.ends_with('\n')) message.pop_back();
  return styled(console, styleOf(level), word) + " " + indented(message);
}

std::string accessLine(const Console& console, const json::value& line) {
  const std::uint64_t status = countOf(line, "status");
  const json::value& duration = member(line, "duration_ms");
  char time[48] = "";
  if (duration.is_number()) {
    std::snprintf(time, sizeof time, "  %.1f ms", duration.to_number<double>());
  }
  const std::string reason = textOf(line, "reason");
  return styled(console,
                status >= 500   ? Style::bad
                : status >= 400 ? Style::warning
                                : Style::good,
                std::to_string(status)) +
         "   " + printable(textOf(line, "method")) + " " + printable(textOf(line, "host")) +
         printable(textOf(line, "path")) + time +
         (reason.empty() || reason == "none" ? "" : "  " + printable(reason));
}

}  // namespace

std::string logLineText(const Console& console, std::string_view text) {
  const json::value line = parseJson(text);
  const bool isAccess = member(line, "method").is_string() && member(line, "status").is_number();
  if (!isAccess && !member(line, "message").is_string()) return printable(text);
  return styled(console, Style::dim, printable(clockOf(textOf(line, "time")))) + " " +
         (isAccess ? accessLine(console, line) : guestLine(console, line));
}

bool PrintedLines::take(std::string_view text) {
  std::string line(text);
  if (mayRepeat_ && lines_.contains(line)) return false;
  mayRepeat_ = false;
  if (!lines_.insert(line).second) return true;
  if (order_.size() < kMost) {
    order_.push_back(std::move(line));
  } else {
    lines_.erase(order_[next_]);
    order_[next_] = std::move(line);
    next_ = (next_ + 1) % kMost;
  }
  return true;
}

}  // namespace skiff::cli
