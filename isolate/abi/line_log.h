#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "isolate/guest_settings.h"

namespace skiff {

/// Cuts what a guest writes into lines for its log. A line longer than kMaxLine is cut into
/// several; what has no line end yet is kept until flush(). One thread.
class LineLog {
 public:
  static constexpr std::size_t kMaxLine = 4'096;

  /// `log` may be nullptr: then nothing is kept. REQUIRES: it outlives this.
  LineLog(GuestLog* log, LogLevel level, std::string requestId);

  /// Takes all bytes; they may be anything.
  void write(std::span<const std::byte> bytes);
  void setRequestId(std::string requestId) { requestId_ = std::move(requestId); }
  /// Logs the last line if it has no end.
  void flush();

 private:
  void logLine(std::string_view line);

  GuestLog* log_;
  LogLevel level_;
  std::string requestId_;
  std::string partial_;
};

}  // namespace skiff
