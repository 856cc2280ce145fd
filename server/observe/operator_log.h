#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "config/result.h"
#include "server/observe/log_sink.h"

namespace skiff {

enum class OperatorLogLevel : std::uint8_t { debug, info, warn, error };

/// The operator's log: what the server itself has to say, as text on stderr
/// ("2026-01-31T23:59:59.123Z info    ready"). While this object lives, spdlog's default logger
/// writes to it, so that any code logs with spdlog::info and its kin, from any thread, without ever
/// waiting for stderr; control characters in a message are shown as \xNN, so that text from outside
/// cannot forge a line. At most one at a time.
class OperatorLog {
 public:
  /// Starts logging to `descriptor` (a copy of it is used).
  static Result<std::unique_ptr<OperatorLog>> start(OperatorLogLevel level = OperatorLogLevel::info,
                                                    int descriptor = 2);
  /// Writes what waits (for at most a second); the default logger then drops everything. REQUIRES:
  /// no other thread is logging any more.
  ~OperatorLog();
  OperatorLog(const OperatorLog&) = delete;
  OperatorLog& operator=(const OperatorLog&) = delete;

  /// Any thread.
  void setLevel(OperatorLogLevel level);
  /// Waits until what was logged is written: before an exit that runs no destructors.
  bool drain(std::chrono::milliseconds timeout) { return sink_->drain(timeout); }

 private:
  explicit OperatorLog(std::unique_ptr<LogSink> sink);
  std::unique_ptr<LogSink> sink_;
};

}  // namespace skiff
