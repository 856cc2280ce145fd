#include "isolate/abi/line_log.h"

#include <algorithm>
#include <utility>

namespace skiff {

LineLog::LineLog(GuestLog* log, LogLevel level, std::string requestId)
    : log_(log && log->enabled(level) ? log : nullptr),
      level_(level),
      requestId_(std::move(requestId)) {}

void LineLog::write(std::span<const std::byte> bytes) {
  if (!log_) return;
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!text.empty()) {
    const std::size_t lineEnd = text.find('\n');
    const std::size_t room = kMaxLine - partial_.size();
    const std::size_t size = std::min({lineEnd, text.size(), room});
    const bool complete = size == lineEnd;
    if (partial_.empty() && (complete || size == room)) {
      logLine(text.substr(0, size));
    } else {
      partial_.append(text, 0, size);
      if (complete || partial_.size() == kMaxLine) flush();
    }
    text.remove_prefix(size + (complete ? 1 : 0));
  }
}

void LineLog::flush() {
  if (partial_.empty()) return;
  logLine(partial_);
  partial_.clear();
}

void LineLog::logLine(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!line.empty()) log_->write(level_, requestId_, line);
}

}  // namespace skiff
