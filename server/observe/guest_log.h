#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "config/byte_size.h"
#include "isolate/guest_settings.h"
#include "quota/quotas.h"
#include "server/observe/log_sink.h"
#include "server/observe/log_tail.h"
#include "server/observe/log_time.h"

namespace skiff {

struct GuestLogOptions {
  LogLevel minimum = LogLevel::info;  ///< `none` is never written
  /// Of finished log lines, the names and braces included: an empty message is not free.
  ByteSize bytesPerSecond = 64_KiB;
  ByteSize burst = 256_KiB;
  /// If there is one, it says what may be logged, at any moment: `log_bytes_per_s` of the app, and
  /// of its tenant for all apps together. Four seconds' worth may come at once. 0: nothing.
  std::shared_ptr<AppQuota> quota;
  /// Gets every line, too, for those who follow the log; nullptr: nobody can.
  std::shared_ptr<LogTail> tail;
  ByteSize lineLimit = 8_KiB;  ///< of a message; what is longer is cut, and "cut_bytes" says so
  std::function<std::chrono::steady_clock::time_point()> steadyNow =
      &std::chrono::steady_clock::now;
  std::function<std::chrono::system_clock::time_point()> wallNow = &std::chrono::system_clock::now;
};

/// The log of one app: what its guests log, or write to stderr, as JSON lines with the keys time,
/// tenant, app, request_id, level, message. Text of several lines becomes several lines (empty ones
/// are left out); control characters are escaped and invalid UTF-8 becomes U+FFFD. A token bucket
/// over all its guests bounds what it writes; what was dropped is reported in one line of level
/// warn when there is room again. Any thread.
class AppGuestLog final : public GuestLog {
 public:
  /// REQUIRES: `sink` outlives this.
  AppGuestLog(std::string_view tenant, std::string_view app, LogSink& sink,
              GuestLogOptions options = {});

  void write(LogLevel level, std::string_view requestId, std::string_view text) override;
  /// One line, whatever lines the text has.
  void writeEntry(LogLevel level, std::string_view requestId, std::string_view text) override;
  bool enabled(LogLevel level) const override;

  /// Reports what was dropped if there is room for it: for a tick, as the guest may stay silent.
  void flush();
  /// Bytes of guests' text that were dropped since the start.
  std::uint64_t droppedBytes() const;

 private:
  void refill();
  double rate() const;
  double burst() const;
  double mostAtOnce() const;
  std::size_t lineLimit() const;
  void reportDropped();
  void noteDropped(std::size_t bytes);
  bool writeLine(LogLevel level, std::string_view requestId, std::string_view line);
  void beginLine(std::string_view requestId, LogLevel level);
  bool isRoomy() const;
  bool payTenant();
  bool payAndSend();

  const std::string names_;  ///< the finished `"tenant":…,"app":…` of each line
  LogSink& sink_;
  const GuestLogOptions options_;

  mutable std::mutex mutex_;
  LogTime time_;
  std::string line_;
  double tokens_;
  std::chrono::steady_clock::time_point refilled_;
  std::uint64_t droppedTotal_ = 0;
  std::uint64_t droppedBytes_ = 0;   ///< since the last report
  std::uint64_t droppedWrites_ = 0;  ///< since the last report
};

}  // namespace skiff
